# Cityscapes (2048x1024) -> Dark Zurich (1920x1080): as cs2acdc_crop_1024.py, with the night's images.
_base_ = ['./cs2acdc_crop_1024.py', './dark_zurich.py']

dark_zurich_target = dict(pipeline=_base_.target_pipeline, only=None)
dark_zurich_labeled = dict(pipeline=_base_.test_pipeline, only=None)
train_dataloader = dict(dataset=dict(target={**_base_.dark_zurich_target, **dark_zurich_target}))
val_dataloader = dict(dataset={**_base_.dark_zurich_labeled, **dark_zurich_labeled})
test_dataloader = val_dataloader
