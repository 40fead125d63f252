"""DAFormer without its feature distance: small Mix Transformer on MiniCity, SYNTHIA to Cityscapes."""

_base_ = ['./daformer_mini_gta2cs.py', '../_base_/datasets/mini_synthia.py']

*steps, _ = _base_.synthia_source.pipeline
mini_source = dict(_base_.synthia_source, pipeline=[*steps, *_base_.crop_source])
train_dataloader = dict(dataset=dict(source=dict(dataset=mini_source)))
val_evaluator = dict(subsets=_base_.synthia_subsets)
test_evaluator = val_evaluator
stages = dict(source=dict(config='{{ fileDirname }}/../source_only/source_only_mini_mit_syn2cs.py'))
