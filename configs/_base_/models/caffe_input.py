"""A segmentor, yet without layers, on images as Caffe's weights expect them: BGR, mean subtracted, range 0 to 255."""

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
    adaptations=dict(),
    train_cfg=dict(),
    test_cfg=dict(mode='whole'),
)
