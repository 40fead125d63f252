"""PLCA: mini net on MiniCity, GTA5 to Cityscapes."""

_base_ = [
    '../_base_/models/mini.py',
    '../_base_/datasets/mini_gta2cs.py',
    '../_base_/schedules/mini_adapt.py',
    '../_base_/adaptations/plca_mini.py',
]

model = _base_.plca
