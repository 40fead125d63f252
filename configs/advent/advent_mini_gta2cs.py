"""ADVENT (AdvEnt): mini net on MiniCity, GTA5 to Cityscapes."""

_base_ = ['../source_only/control_mini_gta2cs.py', '../_base_/adaptations/advent_mini.py']

model = _base_.advent
