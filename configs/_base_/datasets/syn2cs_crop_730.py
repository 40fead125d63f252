# SYNTHIA -> Cityscapes in random crops of 730x730, four of each domain a step, for models with 16 outputs (PLCA).
# Pixels of other classes are ignored. The mean over 13 classes is that of 13 of the 16 IoUs, as in the paper's Table 3.
_base_ = ['./syn2cs.py', './crop_730.py']

synthia_classes = dict(classes='SYNTHIA_16')
train_dataloader = dict(
    batch_size=4,
    dataset=dict(
        source=dict(metainfo=synthia_classes, pipeline=_base_.crop_730_source_pipeline),
        target=dict(metainfo=synthia_classes, pipeline=_base_.crop_730_target_pipeline),
    ),
)
val_dataloader = dict(dataset=dict(metainfo=synthia_classes, pipeline=_base_.crop_730_test_pipeline))
test_dataloader = val_dataloader
