# GTA5 -> Cityscapes in random crops of 730x730, four of each domain a step (PLCA).
_base_ = ['./gta2cs.py', './crop_730.py']

train_dataloader = dict(
    batch_size=4,
    dataset=dict(
        source=dict(pipeline=_base_.crop_730_source_pipeline),
        target=dict(pipeline=_base_.crop_730_target_pipeline),
    ),
)
test_pipeline = _base_.crop_730_test_pipeline
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
