"""PLCA: mini net on MiniCity, SYNTHIA to Cityscapes."""

_base_ = [
    '../_base_/models/mini.py',
    '../_base_/datasets/mini_syn2cs.py',
    '../_base_/schedules/mini_adapt.py',
    '../_base_/adaptations/plca_mini.py',
]

load_from = 'work_dirs/source_only_mini_syn2cs/iter_1500.pth'
model = _base_.plca
