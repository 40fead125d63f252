"""The control of every mini run: the same start and schedule, target images forwarded, no adaptation loss."""

_base_ = [
    '../_base_/models/mini.py',
    '../_base_/datasets/mini_syn2cs.py',
    '../_base_/schedules/mini_adapt.py',
]

load_from = 'work_dirs/source_only_mini_syn2cs/iter_1500.pth'
