"""SAM's "Pseudo-Only", six generations in one launch: FCN-8s-VGG16, SYNTHIA to Cityscapes."""

_base_ = './sam_pseudo_only_vgg16_syn2cs.py'

stages = [
    dict(config='{{ fileDirname }}/sam_no_pseudo_vgg16_syn2cs.py'),
    dict(labels_from='previous', repeat=6),
]
