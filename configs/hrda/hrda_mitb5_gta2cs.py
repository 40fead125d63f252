"""HRDA: MiT-B5, GTA5 to Cityscapes."""

_base_ = [
    '../_base_/models/hrda_mitb5.py',
    '../_base_/datasets/gta2cs_crop_1024.py',
    '../_base_/schedules/daformer_40k.py',
    '../_base_/adaptations/daformer.py',
]

model = _base_.daformer
