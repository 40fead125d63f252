# GTA5 (1280x704: its ratio is not 16:9) -> Cityscapes (1024x512) in DAFormer's crops, two of each domain a step.
_base_ = ['./gta2cs.py', './crop_512.py']

target_pipeline = [
    *_base_.load_image,
    # The image's border, and the car's hood and star at the bottom: their pseudo labels do not count.
    dict(type='MarkMargins', margins=(30, 240, 0, 0)),
    dict(_base_.bilinear_resize, scale=(1024, 512)),
    dict(type='LoadPseudoLabels'),
    *_base_.crop_512_target,
]
source_pipeline = [*_base_.load_labeled, dict(_base_.bilinear_resize, scale=(1280, 720)), *_base_.crop_512_source]
train_dataloader = dict(
    batch_size=2,
    dataset=dict(
        source=dict(_base_.rare_classes_512, dataset=dict(_base_.gta_source, pipeline=source_pipeline)),
        target=dict(pipeline=target_pipeline),
    ),
)
test_pipeline = [
    *_base_.load_image,
    dict(_base_.bilinear_resize, scale=(1024, 512)),
    dict(type='LoadAnnotations'),
    dict(type='PackSegInputs'),
]
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
