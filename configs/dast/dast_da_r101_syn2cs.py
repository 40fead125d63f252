"""DAST, first stage (discriminator attention): DeepLabV2-ResNet101, SYNTHIA to Cityscapes."""

_base_ = [
    '../_base_/models/deeplabv2_r101_split.py',
    '../_base_/datasets/syn2cs.py',
    '../_base_/schedules/deeplab_250k.py',
    '../_base_/default_runtime.py',
    '../_base_/adaptations/dast.py',
]

model = dict(
    # The released head returns after two of its four branches.
    decode_head=dict(num_branches=2),
    # The released code gives the block after the tap a randomly initialised shortcut convolution.
    neck=dict(shortcut='conv'),
    adaptations=_base_.dast.adaptations,
)
