"""PixIntraDA, stage II, first round (T=0): mini net on MiniCity's target images alone, labels by stage I (SYNTHIA)."""

_base_ = [
    '../_base_/models/mini.py',
    '../_base_/datasets/mini_syn2cs.py',
    '../_base_/schedules/mini_adapt.py',
    '../_base_/adaptations/pixintrada_mini.py',
]

model = _base_.pixintrada
train_dataloader = dict(dataset=dict(source=None, target=dict(pipeline=_base_.multi_scale_pipeline)))
# There are no ImageNet weights for the mini net: it goes on from stage I's model, which also makes the labels.
load_from = 'work_dirs/adaptseg_mini_syn2cs/iter_400.pth'
