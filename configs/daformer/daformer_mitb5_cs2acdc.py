"""DAFormer: MiT-B5, Cityscapes to ACDC."""

_base_ = [
    '../_base_/models/daformer_mitb5.py',
    '../_base_/datasets/cs2acdc_crop_512.py',
    '../_base_/schedules/daformer_40k.py',
    '../_base_/adaptations/daformer.py',
]

model = _base_.daformer
