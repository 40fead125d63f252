"""DeepLabV2 on ResNet-101, split after the second block of stage 4, where DAST taps the features.

The third block is the neck. Weights: see docs/weights.md.
"""

_base_ = './deeplabv2_r101.py'

model = dict(
    backbone=dict(drop_last_blocks=1),
    neck=dict(
        type='ResidualTail',
        channels=2048,
        dilation=4,
        shortcut='identity',
        init_cfg=dict(
            type='Pretrained',
            checkpoint='checkpoints/resnet101_caffe.pth',
            prefix='backbone.layer4.2',
        ),
    ),
)
