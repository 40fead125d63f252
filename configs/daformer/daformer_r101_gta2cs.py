"""DAFormer: DeepLabV2-ResNet101, GTA5 to Cityscapes."""

_base_ = [
    '../_base_/models/daformer_r101.py',
    '../_base_/datasets/gta2cs_crop_512.py',
    '../_base_/schedules/daformer_40k_r101.py',
    '../_base_/adaptations/daformer.py',
]

model = _base_.daformer
