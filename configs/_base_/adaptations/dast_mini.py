"""The same for the mini net: a corrector a quarter as wide, since it would take most of the step on a CPU."""

_base_ = './dast.py'

dast = dict(adaptations=dict(corrector=dict(discriminator=dict(channels=(16, 32, 64, 128)))))
