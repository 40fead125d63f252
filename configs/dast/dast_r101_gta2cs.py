"""DAST, all stages in one launch: DeepLabV2-ResNet101, GTA5 to Cityscapes."""

_base_ = './dast_round_r101_gta2cs.py'

stages = [
    dict(config='{{ fileDirname }}/dast_da_r101_gta2cs.py'),
    dict(load_from='previous', repeat=3),
]
