"""IntraDA as PixIntraDA retrained it (Table 4), all stages in one launch: DeepLabV2-ResNet101, GTA5 to Cityscapes."""

_base_ = './intrada_intra_r101_gta2cs.py'

stages = [
    dict(name='inter', config='{{ fileDirname }}/pixintrada_inter_r101_gta2cs.py'),
    dict(name='intra', labels_from='inter'),
]
