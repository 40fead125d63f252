"""SAM, Table A.5: on the prediction and on the feature map. DeepLabV2-ResNet101, GTA5 to Cityscapes."""

_base_ = ['./sam_generation_r101_gta2cs.py', '../_base_/adaptations/sam_feature.py']

model = _base_.sam_feature
