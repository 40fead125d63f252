"""ADVENT's MinEnt on the main and the auxiliary output; needs ``model.auxiliary_head``."""

_base_ = './minent.py'

minent_multi = dict(
    adaptations=dict(
        **_base_.minent.adaptations,
        entropy_aux=dict(_base_.minent.adaptations.entropy, loss_weight=0.0002, level='aux'),
    )
)
