"""PLCA, then PLCA with a round of self-training on its labels: mini net on MiniCity, GTA5 to Cityscapes."""

_base_ = ['../plca/plca_mini_gta2cs.py', '../_base_/adaptations/self_training.py']

stages = dict(round=dict(load_from='previous', changes=dict(model=_base_.self_training)))
