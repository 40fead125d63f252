"""DAST's Table 3, "+MSE": the corrector alone. DeepLabV2-ResNet101, GTA5 to Cityscapes."""

_base_ = './dast_da_r101_gta2cs.py'
model = dict(adaptations=dict(_delete_=True, corrector=_base_.dast.adaptations.corrector))
