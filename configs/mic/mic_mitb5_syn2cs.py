"""MIC on HRDA: MiT-B5, SYNTHIA to Cityscapes."""

_base_ = ['../hrda/hrda_mitb5_syn2cs.py', '../_base_/adaptations/mic.py']

model = _base_.mic
