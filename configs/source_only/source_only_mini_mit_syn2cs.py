"""Source only: small Mix Transformer on MiniCity, SYNTHIA to Cityscapes. DAFormer's family starts from this model."""

_base_ = ['./source_only_mini_mit_gta2cs.py', '../_base_/datasets/mini_synthia.py']

*steps, _ = _base_.synthia_source.pipeline
train_dataloader = dict(dataset=dict(source=dict(_base_.synthia_source, pipeline=[*steps, *_base_.crop_source])))
val_evaluator = dict(subsets=_base_.synthia_subsets)
test_evaluator = val_evaluator
