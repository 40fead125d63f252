# Cityscapes (2048x1024) -> ACDC (1920x1080) in HRDA's crops, two of each domain a step. No margins, as released.
_base_ = ['./cs2acdc.py', './crop_1024.py']

target_resize = dict(_base_.bilinear_resize, scale=(1920, 1080))
target_pipeline = [*_base_.load_image, target_resize, dict(type='LoadPseudoLabels'), *_base_.crop_1024_target]
test_pipeline = [*_base_.load_image, target_resize, dict(type='LoadAnnotations'), dict(type='PackSegInputs')]
source_pipeline = [*_base_.load_labeled, dict(_base_.bilinear_resize, scale=(2048, 1024)), *_base_.crop_1024_source]
train_dataloader = dict(
    batch_size=2,
    dataset=dict(
        source=dict(_base_.rare_classes_1024, dataset=dict(_base_.cityscapes_source, pipeline=source_pipeline)),
        target=dict(pipeline=target_pipeline),
    ),
)
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
