"""SAM's generations with PLCA's cycle association: DeepLabV2-ResNet101, GTA5 to Cityscapes."""

_base_ = ['../sam/sam_r101_gta2cs.py', '../_base_/adaptations/plca.py']

model = _base_.plca
