"""SAM, Table 1: a module without convolution, which needs no training. DeepLabV2-ResNet101, GTA5 to Cityscapes."""

_base_ = './sam_generation_r101_gta2cs.py'

model = dict(adaptations=dict(sam=dict(module=dict(conv=False, init_cfg=None))))
