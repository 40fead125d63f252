"""MIC on HRDA: MiT-B5, Cityscapes to ACDC."""

_base_ = ['../hrda/hrda_mitb5_cs2acdc.py', '../_base_/adaptations/mic_both.py']

model = _base_.mic
