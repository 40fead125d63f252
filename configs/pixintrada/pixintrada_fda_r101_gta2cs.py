"""PixIntraDA, all stages in one launch, with FDA in stage I in place of a folder of translated images: GTA5."""

_base_ = './pixintrada_t1_r101_gta2cs.py'

stages = [
    dict(name='inter', config='{{ fileDirname }}/pixintrada_inter_fda_r101_gta2cs.py'),
    dict(name='t0', config='{{ fileDirname }}/pixintrada_t0_r101_gta2cs.py', labels_from='inter'),
    dict(name='t1', labels_from='t0'),
]
