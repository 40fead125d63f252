"""MIC on HRDA: MiT-B5, GTA5 to Cityscapes."""

_base_ = ['../hrda/hrda_mitb5_gta2cs.py', '../_base_/adaptations/mic.py']

model = _base_.mic
