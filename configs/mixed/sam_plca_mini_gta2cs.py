"""SAM's generations with PLCA's cycle association: mini net on MiniCity, GTA5 to Cityscapes."""

_base_ = ['../sam/sam_mini_gta2cs.py', '../_base_/adaptations/plca_mini.py']

model = _base_.plca
