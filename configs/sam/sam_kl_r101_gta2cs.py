"""SAM, Table A.5: KL divergence instead of L1. DeepLabV2-ResNet101, GTA5 to Cityscapes."""

_base_ = './sam_generation_r101_gta2cs.py'

model = dict(adaptations=dict(sam=dict(kind='kl')))
