"""AdaptSegNet, multi level: DeepLabV2-ResNet101, GTA5 to Cityscapes."""

_base_ = [
    '../_base_/models/deeplabv2_r101.py',
    '../_base_/datasets/gta2cs.py',
    '../_base_/schedules/deeplab_250k.py',
    '../_base_/default_runtime.py',
    '../_base_/adaptations/adaptseg_multi.py',
]

model = dict(
    # The released head returns after two of its four branches.
    decode_head=dict(num_branches=2),
    auxiliary_head=dict(
        type='DeepLabV2Head',
        in_channels=1024,
        in_index=2,
        num_classes=19,
        num_branches=2,
        loss_decode=dict(type='CrossEntropyLoss', avg_non_ignore=True, loss_weight=0.1),
    ),
    adaptations=_base_.adaptseg_multi.adaptations,
)
