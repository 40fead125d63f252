"""The same for the mini net: a discriminator a quarter as wide, since it would take most of the step on a CPU."""

_base_ = './adaptseg.py'

adaptseg = dict(adaptations=dict(adversary=dict(discriminator=dict(channels=(16, 32, 64, 128)))))
