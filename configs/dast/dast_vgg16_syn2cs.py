"""DAST, all stages in one launch: DeepLab-VGG16, SYNTHIA to Cityscapes."""

_base_ = './dast_round_vgg16_syn2cs.py'

stages = [
    dict(config='{{ fileDirname }}/dast_da_vgg16_syn2cs.py'),
    dict(load_from='previous', repeat=3),
]
