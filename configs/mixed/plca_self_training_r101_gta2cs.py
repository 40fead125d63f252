"""PLCA, then PLCA with a round of self-training on its labels: DeepLabV2-ResNet101, GTA5 to Cityscapes."""

_base_ = ['../plca/plca_r101_gta2cs.py', '../_base_/adaptations/self_training.py']

model = _base_.self_training
load_from = 'work_dirs/plca_r101_gta2cs/iter_20832.pth'
stages = [
    dict(config='{{ fileDirname }}/../plca/plca_r101_gta2cs.py'),
    dict(load_from='previous'),
]
