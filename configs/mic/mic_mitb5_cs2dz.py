"""MIC on HRDA: MiT-B5, Cityscapes to Dark Zurich."""

_base_ = ['../hrda/hrda_mitb5_cs2dz.py', '../_base_/adaptations/mic_both.py']

model = _base_.mic
