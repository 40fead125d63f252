"""DeepLabV2 on ResNet-101 at two resolutions, as HRDA and MIC train it; the attention is a DeepLabV2 head too."""

_base_ = './daformer_r101.py'

model = dict(
    # Cells of the context are 16 pixels, boxes multiples of 8, as released: a box's cells are rounded down.
    backbone=dict(_delete_=True, type='MultiResolution', backbone=_base_.model.backbone, divisible=8),
    decode_head=dict(
        _delete_=True,
        type='HRDAHead',
        num_classes=19,
        head=dict(type='DeepLabV2Head', num_branches=2, align_corners=False),
        attention=dict(type='DeepLabV2Head', num_branches=2, align_corners=False),
        loss_decode=dict(type='CrossEntropyLoss'),
    ),
    test_cfg=dict(mode='slide', crop_size=(1024, 1024), stride=(512, 512)),
)
