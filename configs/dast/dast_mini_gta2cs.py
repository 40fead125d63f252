"""DAST, all stages in one launch: mini net on MiniCity, GTA5 to Cityscapes."""

_base_ = './dast_round_mini_gta2cs.py'

stages = [
    dict(config='{{ fileDirname }}/dast_da_mini_gta2cs.py'),
    dict(load_from='previous'),
]
