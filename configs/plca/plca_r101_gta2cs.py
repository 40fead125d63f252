"""PLCA: DeepLabV2-ResNet101, GTA5 to Cityscapes."""

_base_ = [
    '../_base_/models/deeplabv2_r101_plca.py',
    '../_base_/datasets/gta2cs_crop_730.py',
    '../_base_/schedules/plca.py',
    '../_base_/adaptations/plca.py',
]

model = _base_.plca
