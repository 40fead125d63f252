"""ADVENT (MinEnt): DeepLabV2-ResNet101, SYNTHIA to Cityscapes, 16 classes."""

_base_ = ['./advent_r101_syn2cs.py', '../_base_/adaptations/minent_multi.py']

model = dict(adaptations=dict(_base_.minent_multi.adaptations, _delete_=True))
