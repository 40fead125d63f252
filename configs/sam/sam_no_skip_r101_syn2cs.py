"""SAM, Table 1: with the module trained without the skip connection. DeepLabV2-ResNet101, SYNTHIA to Cityscapes."""

_base_ = './sam_generation_r101_syn2cs.py'

init_cfg = dict(checkpoint='work_dirs/sam_module_no_skip_r101_syn2cs/iter_120000.pth')
model = dict(adaptations=dict(sam=dict(module=dict(init_cfg=init_cfg))))
