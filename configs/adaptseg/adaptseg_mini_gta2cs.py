"""AdaptSegNet: mini net on MiniCity, GTA5 to Cityscapes."""

_base_ = ['../source_only/control_mini_gta2cs.py', '../_base_/adaptations/adaptseg_mini.py']

model = _base_.adaptseg
