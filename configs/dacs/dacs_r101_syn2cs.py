"""DACS: DeepLabV2-ResNet101, SYNTHIA to Cityscapes."""

_base_ = ['./dacs_r101_gta2cs.py', '../_base_/datasets/synthia.py']

*steps, pack = _base_.synthia_source.pipeline
train_dataloader = dict(dataset=dict(source=dict(_base_.synthia_source, pipeline=[*steps, _base_.crop, pack])))
val_evaluator = dict(subsets=_base_.synthia_subsets)
test_evaluator = val_evaluator
