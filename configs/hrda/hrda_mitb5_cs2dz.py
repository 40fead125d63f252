"""HRDA: MiT-B5, Cityscapes to Dark Zurich."""

_base_ = [
    '../_base_/models/hrda_mitb5.py',
    '../_base_/datasets/cs2dz_crop_1024.py',
    '../_base_/schedules/daformer_40k.py',
    '../_base_/adaptations/daformer.py',
]

model = _base_.daformer
