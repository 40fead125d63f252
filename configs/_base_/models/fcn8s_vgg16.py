"""FCN-8s on VGG16. Weights: see docs/weights.md."""

model = dict(
    type='UDASegmentor',
    data_preprocessor=dict(
        type='UDADataPreprocessor',
        mean=[104.00698793, 116.66876762, 122.67891434],
        std=[1, 1, 1],
        bgr_to_rgb=False,
        pad_val=0,
        seg_pad_val=255,
        size_divisor=1,
    ),
    backbone=dict(
        type='FCN8sVGG',
        init_cfg=dict(type='Pretrained', checkpoint='checkpoints/fcn8s_vgg16_caffe.pth', prefix='backbone'),
    ),
    decode_head=dict(type='FCN8sHead', num_classes=19),
    adaptations=dict(),
    train_cfg=dict(),
    test_cfg=dict(mode='whole'),
)
