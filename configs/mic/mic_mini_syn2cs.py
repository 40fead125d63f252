"""MIC on DAFormer: small Mix Transformer on MiniCity, SYNTHIA to Cityscapes."""

_base_ = ['../daformer/daformer_mini_syn2cs.py', '../_base_/adaptations/mic_mini.py']

model = _base_.mic
