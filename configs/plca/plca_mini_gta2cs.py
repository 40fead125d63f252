"""PLCA: mini net on MiniCity, GTA5 to Cityscapes."""

_base_ = ['../source_only/control_mini_gta2cs.py', '../_base_/adaptations/plca_mini.py']

model = _base_.plca
