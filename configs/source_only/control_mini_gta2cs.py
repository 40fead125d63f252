"""The control of every mini run: the same start and schedule, target images forwarded, no adaptation loss."""

_base_ = [
    '../_base_/models/mini.py',
    '../_base_/datasets/mini_gta2cs.py',
    '../_base_/schedules/mini_adapt.py',
]

stages = dict(adapt=dict(load_from='source'))
