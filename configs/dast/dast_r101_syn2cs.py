"""DAST, all stages in one launch: DeepLabV2-ResNet101, SYNTHIA to Cityscapes."""

_base_ = './dast_round_r101_syn2cs.py'

stages = [
    dict(config='{{ fileDirname }}/dast_da_r101_syn2cs.py'),
    dict(load_from='previous', repeat=3),
]
