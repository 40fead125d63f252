"""ADVENT (AdvEnt): DeepLabV2-ResNet101, SYNTHIA to Cityscapes, 16 classes."""

_base_ = ['./advent_r101_gta2cs.py', '../_base_/datasets/synthia_16.py']

# 90k iterations, poly to their end, 16 classes: the authors' answer in their issue 12.
poly = dict(type='PolyLR', power=0.9, begin=0, end=90001, eta_min=0, by_epoch=False)
param_scheduler = dict(segmentor=[poly], discriminators=[poly])
train_cfg = dict(max_iters=90000)
model = dict(decode_head=dict(num_classes=16), auxiliary_head=dict(num_classes=16))
train_dataloader = _base_.synthia_16.train_dataloader
val_dataloader = _base_.synthia_16.val_dataloader
test_dataloader = val_dataloader
val_evaluator = dict(subsets=_base_.synthia_subsets)
test_evaluator = val_evaluator
