"""IntraDA, from easy to hard Cityscapes images: DeepLabV2-R101, ranked and labelled by PixIntraDA's stage I (GTA5)."""

_base_ = [
    '../_base_/models/deeplabv2_r101.py',
    '../_base_/datasets/gta2cs.py',
    '../_base_/schedules/deeplab_target_250k_images.py',
    '../_base_/default_runtime.py',
    '../_base_/adaptations/pixintrada.py',
    '../_base_/adaptations/intrada.py',
]

# The network, the data and the schedule of PixIntraDA's first round.
model = dict(
    decode_head=dict(num_branches=2),
    auxiliary_head=_base_.pixintrada.auxiliary_head,
    adaptations=_base_.intrada.adaptations,
)
train_dataloader = dict(
    batch_size=2,  # pairs: 4 target images a step
    dataset=dict(
        source=dict(_base_.cityscapes_target, _delete_=True, part='easy', pipeline=_base_.multi_scale_pipeline),
        target=dict(part='hard', pipeline=_base_.multi_scale_pipeline),
    ),
)
default_hooks = dict(
    pseudo_labels=dict(
        labeler=dict(
            config='configs/pixintrada/pixintrada_inter_r101_gta2cs.py',
            checkpoint='work_dirs/pixintrada_inter_r101_gta2cs/iter_150000.pth',
        )
    )
)
