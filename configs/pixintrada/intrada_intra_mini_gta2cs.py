"""IntraDA, from easy to hard target images: mini net on MiniCity, ranked and labelled by stage I (GTA5)."""

_base_ = [
    '../_base_/models/mini.py',
    '../_base_/datasets/mini_gta2cs.py',
    '../_base_/schedules/mini_adapt.py',
    '../_base_/adaptations/intrada_mini.py',
]

model = _base_.intrada
train_dataloader = dict(
    batch_size=2,  # pairs: 4 target images a step
    dataset=dict(
        source=dict(_base_.cityscapes_target, _delete_=True, part='easy', pipeline=_base_.multi_scale_pipeline),
        target=dict(part='hard', pipeline=_base_.multi_scale_pipeline),
    ),
)
# There are no ImageNet weights for the mini net: it goes on from stage I's model, which also ranks and labels.
load_from = 'work_dirs/adaptseg_mini_gta2cs/iter_400.pth'
