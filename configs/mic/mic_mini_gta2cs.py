"""MIC on DAFormer: small Mix Transformer on MiniCity, GTA5 to Cityscapes."""

_base_ = ['../daformer/daformer_mini_gta2cs.py', '../_base_/adaptations/mic_mini.py']

model = _base_.mic
