"""DAST's Table 3, "+MSE+2D": both discriminators, no attention. DeepLab-VGG16, GTA5 to Cityscapes."""

_base_ = './dast_da_vgg16_gta2cs.py'
model = dict(adaptations=dict(attention=dict(type='FeatureAdversary')))
