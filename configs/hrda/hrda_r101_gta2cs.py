"""HRDA: DeepLabV2-ResNet101, GTA5 to Cityscapes."""

_base_ = [
    '../_base_/models/hrda_r101.py',
    '../_base_/datasets/gta2cs_crop_1024.py',
    '../_base_/schedules/daformer_40k_r101.py',
    '../_base_/adaptations/daformer.py',
]

model = _base_.daformer
