# MiniCity's 16-class game look in SYNTHIA's layout -> its camera look, 256x128.
_base_ = './mini_cityscapes.py'

synthia_root = 'data/minicity/synthia'
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
            type='SYNTHIADataset',
            data_root=synthia_root,
            data_prefix=dict(img_path='RGB', seg_map_path='GT/LABELS'),
            pipeline=source_pipeline,
        ),
        target=_base_.cityscapes_target,
    ),
)
val_evaluator = dict(
    type='SubsetIoUMetric',
    subsets=dict(mIoU16='SYNTHIA_16', mIoU13='SYNTHIA_13'),
    outside='count',
)
test_evaluator = val_evaluator
