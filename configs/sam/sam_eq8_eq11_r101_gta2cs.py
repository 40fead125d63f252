"""SAM, Table 1: Eq. 8 on the target only. DeepLabV2-ResNet101, GTA5 to Cityscapes."""

_base_ = './sam_generation_r101_gta2cs.py'

model = dict(adaptations=dict(sam=dict(domains=('target',))))
