"""PixIntraDA, all stages in one launch: mini net on MiniCity, GTA5 to Cityscapes."""

_base_ = './pixintrada_t1_mini_gta2cs.py'

stages = [
    dict(name='inter', config='{{ fileDirname }}/../adaptseg/adaptseg_mini_gta2cs.py'),
    dict(name='t0', config='{{ fileDirname }}/pixintrada_t0_mini_gta2cs.py', load_from='inter'),
    dict(name='t1', load_from='t0'),
]
