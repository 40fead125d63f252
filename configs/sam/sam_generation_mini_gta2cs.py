"""SAM, second run, one generation: mini net on MiniCity, GTA5 to Cityscapes."""

_base_ = ['./sam_pseudo_only_mini_gta2cs.py', '../_base_/adaptations/sam_mini.py']

model = _base_.sam
