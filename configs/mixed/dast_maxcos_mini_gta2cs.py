"""DAST whose rounds of self-training use MaxCos too: mini net on MiniCity, GTA5 to Cityscapes."""

_base_ = ['../dast/dast_mini_gta2cs.py', '../_base_/adaptations/maxcos_mini.py']

stages = dict(round=dict(changes=dict(model=_base_.maxcos)))
