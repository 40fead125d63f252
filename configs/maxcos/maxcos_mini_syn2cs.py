"""MaxCos, both stages in one launch: mini net, SYNTHIA to Cityscapes."""

_base_ = './maxcos_pl_mini_syn2cs.py'

stages = [
    dict(name='nopl', config='{{ fileDirname }}/maxcos_nopl_mini_syn2cs.py'),
    dict(name='pl', labels_from='nopl'),
]
