"""MaxCos: mini net on MiniCity, GTA5 to Cityscapes. Both stages start from the source model."""

_base_ = [
    '../source_only/control_mini_gta2cs.py',
    '../_base_/adaptations/maxcos_mini.py',
    '../_base_/adaptations/self_training_bdl.py',
]

model = _base_.maxcos
stages = dict(
    adapt=None,
    nopl=dict(load_from='source'),
    pl=dict(load_from='source', labels_from='nopl', changes=dict(model=_base_.self_training_bdl)),
)
