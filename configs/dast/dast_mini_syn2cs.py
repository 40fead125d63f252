"""DAST, all stages in one launch: mini net on MiniCity, SYNTHIA to Cityscapes."""

_base_ = './dast_round_mini_syn2cs.py'

stages = [
    dict(config='{{ fileDirname }}/dast_da_mini_syn2cs.py'),
    dict(load_from='previous'),
]
