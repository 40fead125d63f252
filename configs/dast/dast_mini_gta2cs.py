"""DAST, with one round of self-training: mini net on MiniCity, GTA5 to Cityscapes."""

_base_ = [
    '../source_only/control_mini_gta2cs.py',
    '../_base_/adaptations/dast_mini.py',
    '../_base_/adaptations/self_training.py',
]

model = _base_.dast
stages = dict(
    adapt=None,
    da=dict(load_from='source'),
    round=dict(load_from='previous', changes=dict(model=_base_.self_training)),
)
