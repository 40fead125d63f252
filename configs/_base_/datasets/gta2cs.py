# GTA5 (1280x720) -> Cityscapes (1024x512), 19 classes, one image of each domain a step.
_base_ = './cityscapes.py'

gta_root = 'data/gta'
source_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    dict(type='Resize', scale=(1280, 720), keep_ratio=False, backend='pillow', interpolation='bicubic'),
    dict(type='PackSegInputs'),
]
gta_source = dict(
    type='GTADataset',
    data_root=gta_root,
    data_prefix=dict(img_path='images', seg_map_path='labels'),
    pipeline=source_pipeline,
)
train_dataloader = dict(dataset=dict(source=gta_source, target=_base_.cityscapes_target))
