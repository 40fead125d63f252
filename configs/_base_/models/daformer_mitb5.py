"""DAFormer's network: MiT-B5 and a head that fuses all levels with context. Weights: see docs/weights.md."""

_base_ = './imagenet_input.py'

model = dict(
    backbone=dict(
        type='MiT',
        size='b5',
        init_cfg=dict(type='Pretrained', checkpoint='checkpoints/mit_b5.pth', prefix='backbone'),
    ),
    # The released loss is a mean over all pixels, ignored ones too.
    decode_head=dict(type='DAFormerHead', num_classes=19, loss_decode=dict(type='CrossEntropyLoss')),
)
