"""ADVENT's MinEnt on the main output."""

minent = dict(adaptations=dict(entropy=dict(type='EntropyMinimisation', loss_weight=0.001)))
