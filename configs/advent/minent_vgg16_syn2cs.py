"""ADVENT (MinEnt): DeepLab-VGG16, SYNTHIA to Cityscapes, 16 classes."""

_base_ = ['./advent_vgg16_syn2cs.py', '../_base_/adaptations/minent.py']

model = dict(adaptations=dict(_base_.minent.adaptations, _delete_=True))
