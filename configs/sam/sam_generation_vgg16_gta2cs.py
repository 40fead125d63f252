"""SAM, second run, one generation: FCN-8s-VGG16, GTA5 to Cityscapes."""

_base_ = ['./sam_pseudo_only_vgg16_gta2cs.py', '../_base_/adaptations/sam_vgg16.py']

model = _base_.sam
