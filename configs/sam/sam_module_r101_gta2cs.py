"""SAM, first run, the module: DeepLabV2-ResNet101, GTA5 to Cityscapes."""

_base_ = ['./sam_no_pseudo_r101_gta2cs.py', '../_base_/adaptations/sam_module.py']

model = _base_.sam_module
