# Cityscapes (1024x512) -> ACDC (960x540) in DAFormer's crops, two of each domain a step. No margins, as released.
_base_ = ['./cs2acdc.py', './crop_512.py']

target_resize = dict(_base_.bilinear_resize, scale=(960, 540))
target_pipeline = [*_base_.load_image, target_resize, dict(type='LoadPseudoLabels'), *_base_.crop_512_target]
test_pipeline = [*_base_.load_image, target_resize, dict(type='LoadAnnotations'), dict(type='PackSegInputs')]
source_pipeline = [*_base_.load_labeled, dict(_base_.bilinear_resize, scale=(1024, 512)), *_base_.crop_512_source]
train_dataloader = dict(
    batch_size=2,
    dataset=dict(
        source=dict(_base_.rare_classes_512, dataset=dict(_base_.cityscapes_source, pipeline=source_pipeline)),
        target=dict(pipeline=target_pipeline),
    ),
)
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
