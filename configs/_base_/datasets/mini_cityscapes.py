# MiniCity's camera look, in Cityscapes' layout, at 256x128 (the sizes it is rendered in, so Resize only
# matters for sets rendered larger). No flip or other augmentation, as in the full-size configs.
# Settings are chosen on `val`; `test` is for reporting.
cityscapes_root = 'data/minicity/cityscapes'
mini_resize = dict(type='Resize', scale=(256, 128), keep_ratio=False, backend='pillow', interpolation='bicubic')

target_pipeline = [
    dict(type='LoadImageFromFile'),
    mini_resize,
    dict(type='LoadPseudoLabels'),
    dict(type='PackDomainInputs'),
]
# For methods that train at several scales; see cityscapes.py.
multi_scale_pipeline = [
    *target_pipeline[:-1],
    dict(
        type='RandomChoiceResize',
        scales=[(width, width // 2) for width in (192, 256, 320)],
        keep_ratio=False,
        backend='pillow',
        interpolation='bicubic',
    ),
    dict(type='RandomCrop', crop_size=(96, 192)),
    target_pipeline[-1],
]
cityscapes_target = dict(
    type='UnlabeledDataset',
    data_root=cityscapes_root,
    data_prefix=dict(img_path='leftImg8bit/train'),
    img_suffix='_leftImg8bit.png',
    pseudo_labels=None,
    pipeline=target_pipeline,
)

test_pipeline = [
    dict(type='LoadImageFromFile'),
    mini_resize,
    dict(type='LoadAnnotations'),
    dict(type='PackSegInputs'),
]
val_dataloader = dict(
    batch_size=4,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='CityscapesLabeledDataset',
        data_root=cityscapes_root,
        data_prefix=dict(img_path='leftImg8bit/val', seg_map_path='gtFine/val'),
        pipeline=test_pipeline,
    ),
)
test_dataloader = dict(
    batch_size=4,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='CityscapesLabeledDataset',
        data_root=cityscapes_root,
        data_prefix=dict(img_path='leftImg8bit/test', seg_map_path='gtFine/test'),
        pipeline=test_pipeline,
    ),
)

tta_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(
        type='TestTimeAug',
        transforms=[
            [
                dict(
                    type='Resize',
                    scale=(width, width // 2),
                    keep_ratio=False,
                    backend='pillow',
                    interpolation='bicubic',
                )
                for width in (192, 256, 320)
            ],
            [
                dict(type='RandomFlip', prob=0.0, direction='horizontal'),
                dict(type='RandomFlip', prob=1.0, direction='horizontal'),
            ],
            [dict(type='LoadAnnotations')],
            [dict(type='PackSegInputs')],
        ],
    ),
]
