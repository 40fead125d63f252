# Cityscapes (1024x512) -> Dark Zurich (960x540), 19 classes.
_base_ = ['./gta2cs.py', './cityscapes_source.py', './dark_zurich.py']

train_dataloader = dict(dataset=dict(source=_base_.cityscapes_source, target=_base_.dark_zurich_target))
val_dataloader = dict(dataset=_base_.dark_zurich_labeled)
test_dataloader = val_dataloader
test_pipeline = _base_.dark_zurich_labeled.pipeline
