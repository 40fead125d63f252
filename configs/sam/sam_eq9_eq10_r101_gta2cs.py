"""SAM, Table 1: Eq. 9 on both domains. DeepLabV2-ResNet101, GTA5 to Cityscapes."""

_base_ = './sam_generation_r101_gta2cs.py'

model = dict(adaptations=dict(sam=dict(follow='attended')))
