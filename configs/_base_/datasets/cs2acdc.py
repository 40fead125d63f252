# Cityscapes (1024x512) -> ACDC (960x540, all four conditions), 19 classes.
_base_ = ['./gta2cs.py', './cityscapes_source.py', './acdc.py']

train_dataloader = dict(dataset=dict(source=_base_.cityscapes_source, target=_base_.acdc_target))
val_dataloader = dict(dataset=_base_.acdc_labeled)
test_dataloader = val_dataloader
test_pipeline = _base_.acdc_labeled.pipeline
