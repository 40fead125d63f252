"""SAM, second run, one generation: DeepLabV2-ResNet101, GTA5 to Cityscapes."""

_base_ = ['./sam_pseudo_only_r101_gta2cs.py', '../_base_/adaptations/sam.py']

model = _base_.sam
