"""DAST, one round of self-training: mini net on MiniCity, GTA5 to Cityscapes."""

_base_ = ['./dast_da_mini_gta2cs.py', '../_base_/adaptations/self_training.py']

model = _base_.self_training
load_from = 'work_dirs/dast_da_mini_gta2cs/iter_400.pth'
