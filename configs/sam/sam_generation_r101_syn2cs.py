"""SAM, second run, one generation: DeepLabV2-ResNet101, SYNTHIA to Cityscapes."""

_base_ = ['./sam_pseudo_only_r101_syn2cs.py', '../_base_/adaptations/sam_syn.py']

model = _base_.sam
