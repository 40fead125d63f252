"""HRDA's network: DAFormer's at two resolutions, and an attention that chooses. Weights: see docs/weights.md."""

_base_ = './daformer_mitb5.py'

model = dict(
    backbone=dict(_delete_=True, type='MultiResolution', backbone=_base_.model.backbone),
    decode_head=dict(
        _delete_=True,
        type='HRDAHead',
        num_classes=19,
        head=dict(type='DAFormerHead'),
        attention=dict(type='DAFormerHead', fusion='conv1'),
        loss_decode=dict(type='CrossEntropyLoss'),
    ),
    test_cfg=dict(mode='slide', crop_size=(1024, 1024), stride=(512, 512)),
)
