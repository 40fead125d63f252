# Cityscapes (1024x512) -> Dark Zurich (960x540): as cs2acdc_crop_512.py, with the night's images.
_base_ = ['./cs2acdc_crop_512.py', './dark_zurich.py']

target = dict(_base_.dark_zurich_target, pipeline=_base_.target_pipeline, only=None)
labeled = dict(_base_.dark_zurich_labeled, pipeline=_base_.test_pipeline, only=None)
train_dataloader = dict(dataset=dict(target=target))
val_dataloader = dict(dataset=labeled)
test_dataloader = val_dataloader
