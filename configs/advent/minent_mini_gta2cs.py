"""ADVENT (MinEnt): mini net on MiniCity, GTA5 to Cityscapes."""

_base_ = ['../source_only/control_mini_gta2cs.py', '../_base_/adaptations/minent.py']

model = _base_.minent
