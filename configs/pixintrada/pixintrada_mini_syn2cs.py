"""PixIntraDA, all stages in one launch: mini net on MiniCity, SYNTHIA to Cityscapes."""

_base_ = './pixintrada_t1_mini_syn2cs.py'

stages = [
    dict(name='inter', config='{{ fileDirname }}/../adaptseg/adaptseg_mini_syn2cs.py'),
    dict(name='t0', config='{{ fileDirname }}/pixintrada_t0_mini_syn2cs.py', load_from='inter'),
    dict(name='t1', load_from='t0'),
]
