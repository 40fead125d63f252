"""A small Mix Transformer and DAFormer's head for CPUs and MiniCity, trained from scratch.

BatchNorm in the head as in DAFormer: what a teacher in train mode and a student that never sees plain target images are
worth shows with it.
"""

_base_ = './imagenet_input.py'

model = dict(
    backbone=dict(type='MiT', embed_dims=16, num_layers=(1, 1, 2, 1), num_heads=(1, 2, 5, 8), drop_path_rate=0.05),
    decode_head=dict(
        type='DAFormerHead',
        in_channels=(16, 32, 80, 128),
        channels=64,
        embed_dims=64,
        num_classes=19,
        loss_decode=dict(type='CrossEntropyLoss'),
    ),
)
