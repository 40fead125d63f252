"""SAM, Table 1, the module trained without the skip connection. DeepLabV2-ResNet101, SYNTHIA to Cityscapes."""

_base_ = './sam_module_r101_syn2cs.py'

model = dict(adaptations=dict(sam_module=dict(skip=False)))
