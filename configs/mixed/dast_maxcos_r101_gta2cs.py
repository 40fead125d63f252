"""DAST whose rounds of self-training use MaxCos too: DeepLabV2-ResNet101, GTA5 to Cityscapes."""

_base_ = ['../dast/dast_r101_gta2cs.py', '../_base_/adaptations/maxcos.py']

stages = dict(round=dict(changes=dict(model=_base_.maxcos)))
