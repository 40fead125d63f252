# Cityscapes (1024x512) in place of GTA5, for children of configs on GTA5 whose target is another set: docs/targets.md.
cityscapes_source = dict(
    type='CityscapesLabeledDataset',
    data_root='data/cityscapes',
    data_prefix=dict(img_path='leftImg8bit/train', seg_map_path='gtFine/train'),
    pipeline=[
        dict(type='LoadImageFromFile'),
        dict(type='LoadAnnotations'),
        dict(type='Resize', scale=(1024, 512), keep_ratio=False, backend='pillow', interpolation='bicubic'),
        dict(type='PackSegInputs'),
    ],
)
