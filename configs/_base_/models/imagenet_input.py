"""A segmentor, yet without layers, on images as MMSeg's ImageNet weights expect them: RGB, normalized."""

_base_ = './caffe_input.py'

model = dict(
    data_preprocessor=dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], bgr_to_rgb=True),
)
