"""DAST's Table 3, "+MSE": the corrector alone. DeepLab-VGG16, GTA5 to Cityscapes."""

_base_ = './dast_da_vgg16_gta2cs.py'
model = dict(adaptations=dict(_delete_=True, corrector=_base_.dast.adaptations.corrector))
