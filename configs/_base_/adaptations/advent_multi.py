"""ADVENT's AdvEnt on the main and the auxiliary output; needs ``model.auxiliary_head``."""

_base_ = './advent.py'

advent_multi = dict(
    adaptations=dict(
        **_base_.advent.adaptations,
        entropy_adversary_aux=dict(_base_.advent.adaptations.entropy_adversary, loss_weight=0.0002, level='aux'),
    )
)
