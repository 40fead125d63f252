"""PLCA, then PLCA with a round of self-training on its labels: DeepLabV2-ResNet101, GTA5 to Cityscapes."""

_base_ = ['../plca/plca_r101_gta2cs.py', '../_base_/adaptations/self_training.py']

stages = dict(plca=dict(), round=dict(load_from='previous', changes=dict(model=_base_.self_training)))
