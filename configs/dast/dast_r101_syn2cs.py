"""DAST: DeepLabV2-ResNet101, SYNTHIA to Cityscapes."""

_base_ = ['./dast_r101_gta2cs.py', '../_base_/datasets/synthia.py']

train_dataloader = dict(dataset=dict(source=dict(_base_.synthia_source, leave_out=0)))
val_evaluator = dict(subsets=_base_.synthia_subsets)
test_evaluator = val_evaluator
