"""DeepLabV2 on ResNet-101. Weights: see docs/weights.md."""

_base_ = './caffe_input.py'

model = dict(
    backbone=dict(
        type='DeepLabResNet',
        depth=101,
        init_cfg=dict(type='Pretrained', checkpoint='checkpoints/resnet101_caffe.pth', prefix='backbone'),
    ),
    decode_head=dict(type='DeepLabV2Head', in_channels=2048, num_classes=19, in_index=3),
)
