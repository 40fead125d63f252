"""DAST whose rounds of self-training also follow SAM's module: DeepLabV2-ResNet101, GTA5 to Cityscapes."""

_base_ = ['../dast/dast_r101_gta2cs.py', '../_base_/adaptations/sam.py']

stages = dict(
    module=dict(config='{{ fileDirname }}/../sam/sam_r101_gta2cs.py', stage='module'),
    round=dict(changes=dict(model=_base_.sam)),
)
