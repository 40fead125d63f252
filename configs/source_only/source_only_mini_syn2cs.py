"""Source only: mini net on MiniCity, SYNTHIA to Cityscapes. Every other mini run starts from this model."""

_base_ = ['./source_only_mini_gta2cs.py', '../_base_/datasets/mini_synthia.py']

train_dataloader = dict(dataset=dict(source=_base_.synthia_source))
val_evaluator = dict(subsets=_base_.synthia_subsets)
test_evaluator = val_evaluator
