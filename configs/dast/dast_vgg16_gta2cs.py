"""DAST, all stages in one launch: DeepLab-VGG16, GTA5 to Cityscapes."""

_base_ = './dast_round_vgg16_gta2cs.py'

stages = [
    dict(config='{{ fileDirname }}/dast_da_vgg16_gta2cs.py'),
    dict(load_from='previous', repeat=3),
]
