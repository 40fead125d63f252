"""The same for the mini net: a discriminator a quarter as wide, since it would take most of the step on a CPU."""

_base_ = './advent.py'

advent = dict(adaptations=dict(entropy_adversary=dict(discriminator=dict(channels=(16, 32, 64, 128)))))
