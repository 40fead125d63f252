# Cityscapes (2048x1024) -> Dark Zurich (1920x1080): as cs2acdc_crop_1024.py, with the night's images.
_base_ = ['./cs2acdc_crop_1024.py', './dark_zurich.py']

target = dict(_base_.dark_zurich_target, pipeline=_base_.target_pipeline, only=None)
labeled = dict(_base_.dark_zurich_labeled, pipeline=_base_.test_pipeline, only=None)
train_dataloader = dict(dataset=dict(target=target))
val_dataloader = dict(dataset=labeled)
test_dataloader = val_dataloader
