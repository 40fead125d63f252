# Your own folders: labelled source images, target images without labels. Here is how they are loaded; the config that
# inherits from it says where they lie and what the classes are (configs/own_data.py, docs/custom_data.md).
resize = dict(type='Resize', scale=(1024, 512), keep_ratio=False, backend='pillow', interpolation='bicubic')
source_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadMappedAnnotations'),
    resize,
    dict(type='PackSegInputs'),
]
target_pipeline = [
    dict(type='LoadImageFromFile'),
    resize,
    dict(type='LoadPseudoLabels'),  # does nothing without pseudo labels
    dict(type='PackDomainInputs'),
]
train_dataloader = dict(
    batch_size=1,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='DomainPairSampler'),
    dataset=dict(
        type='DomainPairDataset',
        source=dict(
            type='FolderDataset',
            data_prefix=dict(img_path='images', seg_map_path='labels'),
            pipeline=source_pipeline,
        ),
        target=dict(type='UnlabeledDataset', data_prefix=dict(img_path=''), pipeline=target_pipeline),
    ),
)
