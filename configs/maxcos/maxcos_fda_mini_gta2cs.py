"""MaxCos, both stages in one launch: mini net, GTA5, styled by FDA, to Cityscapes."""

_base_ = './maxcos_pl_fda_mini_gta2cs.py'

stages = [
    dict(name='nopl', config='{{ fileDirname }}/maxcos_nopl_fda_mini_gta2cs.py'),
    dict(name='pl', labels_from='nopl'),
]
