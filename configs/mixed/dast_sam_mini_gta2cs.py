"""DAST whose rounds of self-training also follow SAM's module: mini net on MiniCity, GTA5 to Cityscapes."""

_base_ = ['../dast/dast_mini_gta2cs.py', '../_base_/adaptations/sam.py']

stages = dict(
    module=dict(config='{{ fileDirname }}/../sam/sam_mini_gta2cs.py', stage='module'),
    round=dict(changes=dict(model=_base_.sam)),
)
