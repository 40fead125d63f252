"""MIC on DAFormer: MiT-B5, GTA5 to Cityscapes."""

_base_ = ['../daformer/daformer_mitb5_gta2cs.py', '../_base_/adaptations/mic_half.py']

model = _base_.mic
