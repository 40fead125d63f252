# SYNTHIA (1280x760) -> Cityscapes (1024x512), one image of each domain a step. The model keeps the 19
# outputs; the same predictions are scored on the 16 shared classes and on 13 of them. Pixels of other
# classes count as false positives (outside='count').
_base_ = './cityscapes.py'

synthia_root = 'data/synthia'
source_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    dict(
        type='Resize',
        scale=(1280, 760),
        keep_ratio=False,
        backend='pillow',
        interpolation='bicubic',
    ),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=1,
    num_workers=4,
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
