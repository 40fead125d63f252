"""SAM's "Pseudo-Only", five generations in one launch: DeepLabV2-ResNet101, SYNTHIA to Cityscapes."""

_base_ = './sam_pseudo_only_r101_syn2cs.py'

stages = [
    dict(config='{{ fileDirname }}/sam_no_pseudo_r101_syn2cs.py'),
    dict(labels_from='previous', repeat=5),
]
