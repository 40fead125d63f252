# MiniCity's game look in GTA5's layout -> its camera look, 256x128.
_base_ = './mini_cityscapes.py'

gta_root = 'data/minicity/gta'
source_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    _base_.mini_resize,
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=4,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='DomainPairSampler'),
    dataset=dict(
        type='DomainPairDataset',
        source=dict(
            type='GTADataset',
            data_root=gta_root,
            data_prefix=dict(img_path='images', seg_map_path='labels'),
            pipeline=source_pipeline,
        ),
        target=_base_.cityscapes_target,
    ),
)
val_evaluator = dict(type='SubsetIoUMetric', subsets=dict(), outside='count')
test_evaluator = val_evaluator
