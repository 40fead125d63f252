"""HRDA's network around the small Mix Transformer: context at half size, detail in windows of 64x64."""

_base_ = './mini_mit.py'

head = dict(type='DAFormerHead', in_channels=(16, 32, 80, 128), channels=64, embed_dims=64)
model = dict(
    backbone=dict(
        _delete_=True,
        type='MultiResolution',
        backbone=_base_.model.backbone,
        detail=(64, 64),
        stride=(32, 32),
    ),
    decode_head=dict(
        _delete_=True,
        type='HRDAHead',
        num_classes=19,
        head=head,
        attention=dict(head, fusion='conv1'),
        loss_decode=dict(type='CrossEntropyLoss'),
    ),
    test_cfg=dict(mode='slide', crop_size=(128, 128), stride=(64, 64)),
)
