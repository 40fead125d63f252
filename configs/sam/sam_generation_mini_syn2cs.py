"""SAM, second run, one generation: mini net on MiniCity, SYNTHIA to Cityscapes."""

_base_ = ['./sam_pseudo_only_mini_syn2cs.py', '../_base_/adaptations/sam_mini_syn.py']

model = _base_.sam
