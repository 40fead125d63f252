"""A small net for CPUs and MiniCity, from MMSeg's own classes, trained from scratch.

GroupNorm, because BatchNorm's statistics adapt to target images without any loss (the effect then
hides what a method does).
"""

norm_cfg = dict(type='GN', num_groups=8)

model = dict(
    type='UDASegmentor',
    data_preprocessor=dict(
        type='UDADataPreprocessor',
        mean=[127.5, 127.5, 127.5],
        std=[64, 64, 64],
        bgr_to_rgb=True,
        pad_val=0,
        seg_pad_val=255,
        size_divisor=1,
    ),
    backbone=dict(
        type='ResNet',
        depth=18,
        stem_channels=16,
        base_channels=16,
        strides=(1, 2, 1, 1),
        dilations=(1, 1, 2, 4),
        norm_cfg=norm_cfg,
    ),
    decode_head=dict(
        type='FCNHead',
        in_channels=128,
        in_index=3,
        channels=64,
        num_convs=1,
        concat_input=False,
        dropout_ratio=0,
        num_classes=19,
        norm_cfg=norm_cfg,
        align_corners=True,
        loss_decode=dict(type='CrossEntropyLoss', avg_non_ignore=True),
    ),
    adaptations=dict(),
    train_cfg=dict(),
    test_cfg=dict(mode='whole'),
)
