"""IntraDA, all stages in one launch: mini net on MiniCity, GTA5 to Cityscapes."""

_base_ = './intrada_intra_mini_gta2cs.py'

stages = [
    dict(name='inter', config='{{ fileDirname }}/../adaptseg/adaptseg_mini_gta2cs.py'),
    dict(name='intra', load_from='inter'),
]
