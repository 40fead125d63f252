"""DeepLabV2 on VGG16, split after conv5_3. Weights: see docs/weights.md."""

_base_ = './caffe_input.py'

model = dict(
    backbone=dict(
        type='DeepLabVGG',
        init_cfg=dict(type='Pretrained', checkpoint='checkpoints/vgg16_caffe.pth', prefix='backbone'),
    ),
    neck=dict(type='VGGTail', in_channels=512, channels=1024, dilation=4),
    decode_head=dict(type='DeepLabV2Head', in_channels=1024, num_classes=19),
)
