"""Maximum squares: mini net on MiniCity, SYNTHIA to Cityscapes."""

_base_ = ['./maxsquare_mini_gta2cs.py', '../_base_/datasets/mini_synthia.py']

train_dataloader = dict(dataset=dict(source=_base_.synthia_source))
val_evaluator = dict(subsets=_base_.synthia_subsets)
test_evaluator = val_evaluator
stages = dict(source=dict(config='{{ fileDirname }}/../source_only/source_only_mini_syn2cs.py'))
