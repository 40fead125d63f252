"""SAM, Table A.5, the module trained on the feature map. DeepLabV2-ResNet101, GTA5 to Cityscapes."""

_base_ = './sam_module_r101_gta2cs.py'

model = dict(adaptations=dict(sam_module=dict(on='feature', module=dict(channels=2048))))
