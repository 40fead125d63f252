# GTA5 (2560x1407) -> Cityscapes (2048x1024, its own size) in HRDA's crops, two of each domain a step.
_base_ = ['./gta2cs.py', './crop_1024.py']

target_pipeline = [
    *_base_.load_image,
    dict(type='MarkMargins', margins=(30, 240, 30, 30)),
    dict(_base_.bilinear_resize, scale=(2048, 1024)),
    dict(type='LoadPseudoLabels'),
    *_base_.crop_1024_target,
]
source_pipeline = [*_base_.load_labeled, dict(_base_.bilinear_resize, scale=(2560, 1440)), *_base_.crop_1024_source]
train_dataloader = dict(
    batch_size=2,
    dataset=dict(
        source=dict(_base_.rare_classes_1024, dataset=dict(_base_.gta_source, pipeline=source_pipeline)),
        target=dict(pipeline=target_pipeline),
    ),
)
test_pipeline = [
    *_base_.load_image,
    dict(_base_.bilinear_resize, scale=(2048, 1024)),
    dict(type='LoadAnnotations'),
    dict(type='PackSegInputs'),
]
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
