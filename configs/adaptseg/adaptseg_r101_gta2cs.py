"""AdaptSegNet, multi level: DeepLabV2-ResNet101, GTA5 to Cityscapes."""

_base_ = [
    '../_base_/models/deeplabv2_r101_multi.py',
    '../_base_/datasets/gta2cs.py',
    '../_base_/schedules/deeplab_250k.py',
    '../_base_/adaptations/adaptseg_multi.py',
]

model = dict(
    # The released heads return after two of their four branches.
    decode_head=dict(num_branches=2),
    auxiliary_head=dict(num_branches=2),
    adaptations=_base_.adaptseg_multi.adaptations,
)
