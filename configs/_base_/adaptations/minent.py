"""ADVENT's MinEnt on the main output."""

minent = dict(adaptations=dict(entropy=dict(type='EntropyMinimization', loss_weight=0.001)))
