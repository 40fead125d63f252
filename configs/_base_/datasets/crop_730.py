# PLCA's images: training crops of 730x730 pixels after a random resize of the short side to 760 to 988 pixels, flipped
# half the time; prediction at 1460x730, scored at the labels' own size. Images bilinear, as in the released code (the
# other methods: bicubic). Not a data set: see gta2cs_crop_730.py.
crop_730_steps = [
    # The short side is drawn; the long one follows, 9999 never binds.
    dict(
        type='RandomResize',
        scale=[(9999, 760), (9999, 988)],
        keep_ratio=True,
        backend='pillow',
        interpolation='bilinear',
    ),
    dict(type='RandomCrop', crop_size=(730, 730)),
    dict(type='RandomFlip', prob=0.5),
]
crop_730_source_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    *crop_730_steps,
    dict(type='PackSegInputs'),
]
crop_730_target_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadPseudoLabels'),  # with self-training: labels are made at the images' own size
    *crop_730_steps,
    dict(type='PackDomainInputs'),
]
crop_730_test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(1460, 730), keep_ratio=False, backend='pillow', interpolation='bilinear'),
    dict(type='LoadAnnotations'),
    dict(type='PackSegInputs'),
]
