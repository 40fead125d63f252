"""FCN-8s on VGG16. Weights: see docs/weights.md."""

_base_ = './caffe_input.py'

model = dict(
    backbone=dict(
        type='FCN8sVGG',
        init_cfg=dict(type='Pretrained', checkpoint='checkpoints/fcn8s_vgg16_caffe.pth', prefix='backbone'),
    ),
    decode_head=dict(type='FCN8sHead', num_classes=19),
)
