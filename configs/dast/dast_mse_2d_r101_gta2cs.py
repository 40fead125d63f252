"""DAST's Table 3, "+MSE+2D": both discriminators, no attention. DeepLabV2-ResNet101, GTA5 to Cityscapes."""

_base_ = './dast_da_r101_gta2cs.py'
model = dict(adaptations=dict(attention=dict(type='FeatureAdversary')))
