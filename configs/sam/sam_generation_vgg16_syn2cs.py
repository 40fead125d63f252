"""SAM, second run, one generation: FCN-8s-VGG16, SYNTHIA to Cityscapes."""

_base_ = ['./sam_pseudo_only_vgg16_syn2cs.py', '../_base_/adaptations/sam_vgg16_syn.py']

model = _base_.sam
