"""DAST, all stages in one launch: DeepLab-VGG16, SYNTHIA to Cityscapes."""

_base_ = './dast_round_vgg16_syn2cs.py'

stages = [
    dict(config='dast_da_vgg16_syn2cs.py'),
    dict(config='dast_round_vgg16_syn2cs.py', load_from='previous', repeat=3),
]
