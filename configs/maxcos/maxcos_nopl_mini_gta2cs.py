"""MaxCos without pseudo labels (Eq. 11): mini net, GTA5 to Cityscapes."""

_base_ = [
    '../_base_/models/mini.py',
    '../_base_/datasets/mini_gta2cs.py',
    '../_base_/schedules/mini_adapt.py',
    '../_base_/adaptations/maxcos_mini.py',
]

model = _base_.maxcos
