"""MIC on HRDA: DeepLabV2-ResNet101, SYNTHIA to Cityscapes."""

_base_ = ['../hrda/hrda_r101_syn2cs.py', '../_base_/adaptations/mic.py']

model = _base_.mic
