"""MaxCos, both stages in one launch: DeepLabV2-R101, translated GTA5 to Cityscapes."""

_base_ = './maxcos_pl_r101_gta2cs.py'

stages = [
    dict(name='nopl', config='{{ fileDirname }}/maxcos_nopl_r101_gta2cs.py'),
    dict(name='pl', labels_from='nopl'),
]
