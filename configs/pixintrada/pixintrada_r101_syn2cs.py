"""PixIntraDA, all stages in one launch: DeepLabV2-ResNet101, SYNTHIA to Cityscapes."""

_base_ = './pixintrada_t1_r101_syn2cs.py'

stages = [
    dict(name='inter', config='{{ fileDirname }}/../adaptseg/adaptseg_r101_syn2cs.py'),
    dict(name='t0', config='{{ fileDirname }}/pixintrada_t0_r101_syn2cs.py', labels_from='inter'),
    dict(name='t1', labels_from='t0'),
]
