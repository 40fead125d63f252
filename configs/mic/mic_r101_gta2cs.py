"""MIC on HRDA: DeepLabV2-ResNet101, GTA5 to Cityscapes."""

_base_ = ['../hrda/hrda_r101_gta2cs.py', '../_base_/adaptations/mic.py']

model = _base_.mic
