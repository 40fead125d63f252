# Your own folders: labelled source images, target images without labels. See docs/custom_data.md.
custom_classes = ('background', 'road', 'vehicle')
# Without labelled target images there is nothing to validate on, so the config that uses this file sets
# val_cfg = test_cfg = None too, or defines val_dataloader and val_evaluator (docs/custom_data.md).
custom_resize = dict(type='Resize', scale=(1024, 512), keep_ratio=False, backend='pillow', interpolation='bicubic')

source_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadMappedAnnotations'),
    custom_resize,
    dict(type='PackSegInputs'),
]
target_pipeline = [
    dict(type='LoadImageFromFile'),
    custom_resize,
    dict(type='LoadPseudoLabels'),
    dict(type='PackDomainInputs'),
]
train_dataloader = dict(
    batch_size=1,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='DomainPairSampler'),
    dataset=dict(
        type='DomainPairDataset',
        source=dict(
            type='FolderDataset',
            data_root='data/my_source',
            data_prefix=dict(img_path='images', seg_map_path='labels'),
            img_suffix='.png',
            seg_map_suffix='.png',
            metainfo=dict(classes=custom_classes),
            # id in the label files -> position in custom_classes, 255 = ignored
            class_map={0: 0, 7: 1, 26: 2},
            unknown='error',  # 'ignore': every other id becomes 255
            pipeline=source_pipeline,
        ),
        target=dict(
            type='UnlabeledDataset',
            data_root='data/my_target',
            data_prefix=dict(img_path='images'),
            img_suffix='.png',
            metainfo=dict(classes=custom_classes),
            pipeline=target_pipeline,
        ),
    ),
)
val_dataloader = None
val_evaluator = None
test_dataloader = None
test_evaluator = None
