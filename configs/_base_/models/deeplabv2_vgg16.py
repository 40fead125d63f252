"""DeepLabV2 on VGG16, split after conv5_3. Weights: see docs/weights.md."""

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
        type='DeepLabVGG',
        init_cfg=dict(type='Pretrained', checkpoint='checkpoints/vgg16_caffe.pth', prefix='backbone'),
    ),
    neck=dict(type='VGGTail', in_channels=512, channels=1024, dilation=4),
    decode_head=dict(type='DeepLabV2Head', in_channels=1024, num_classes=19),
    adaptations=dict(),
    train_cfg=dict(),
    test_cfg=dict(mode='whole'),
)
