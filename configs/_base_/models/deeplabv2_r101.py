"""DeepLabV2 on ResNet-101. Weights: see docs/weights.md."""

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
        type='DeepLabResNet',
        depth=101,
        init_cfg=dict(type='Pretrained', checkpoint='checkpoints/resnet101_caffe.pth', prefix='backbone'),
    ),
    decode_head=dict(type='DeepLabV2Head', in_channels=2048, num_classes=19, in_index=3),
    adaptations=dict(),
    train_cfg=dict(),
    test_cfg=dict(mode='whole'),
)
