"""DAST, all stages in one launch: mini net on MiniCity, SYNTHIA to Cityscapes."""

_base_ = './dast_round_mini_syn2cs.py'

stages = [
    dict(config='dast_da_mini_syn2cs.py'),
    dict(config='dast_round_mini_syn2cs.py', load_from='previous'),
]
