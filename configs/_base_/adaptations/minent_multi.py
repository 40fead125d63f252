"""ADVENT's MinEnt on the main and the auxiliary output; needs ``model.auxiliary_head``."""

minent_multi = dict(
    adaptations=dict(
        entropy=dict(type='EntropyMinimization', loss_weight=0.001),
        entropy_aux=dict(type='EntropyMinimization', loss_weight=0.0002, level='aux'),
    )
)
