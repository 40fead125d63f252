"""PixIntraDA, all stages in one launch: DeepLabV2-ResNet101, GTA5 to Cityscapes."""

_base_ = './pixintrada_t1_r101_gta2cs.py'

stages = [
    dict(name='inter', config='{{ fileDirname }}/pixintrada_inter_r101_gta2cs.py'),
    dict(name='t0', config='{{ fileDirname }}/pixintrada_t0_r101_gta2cs.py', labels_from='inter'),
    dict(name='t1', labels_from='t0'),
]
