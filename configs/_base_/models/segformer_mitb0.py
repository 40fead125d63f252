"""SegFormer-B0: MMSeg's head on the smallest Mix Transformer. Weights: see docs/weights.md."""

_base_ = './imagenet_input.py'

model = dict(
    backbone=dict(
        type='MiT',
        size='b0',
        init_cfg=dict(type='Pretrained', checkpoint='checkpoints/mit_b0.pth', prefix='backbone'),
    ),
    decode_head=dict(
        type='SegformerHead',
        in_channels=(32, 64, 160, 256),
        in_index=(0, 1, 2, 3),
        channels=256,
        num_classes=19,
        norm_cfg=dict(type='BN'),
        align_corners=False,
        loss_decode=dict(type='CrossEntropyLoss', avg_non_ignore=True),
    ),
)
