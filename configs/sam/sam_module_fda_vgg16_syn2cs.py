"""SAM, first run, the module: FCN-8s-VGG16, SYNTHIA to Cityscapes. Images by FDA."""

_base_ = ['./sam_no_pseudo_fda_vgg16_syn2cs.py', '../_base_/adaptations/sam_module.py']

model = _base_.sam_module
