"""DAST's discriminator attention for the mini net: 128 channels at the tap.

The corrector is a quarter as wide, since it would take most of the step on a CPU.
"""

_base_ = './dast.py'

dast = dict(
    adaptations=dict(
        attention=dict(discriminator=dict(in_channels=128)),
        corrector=dict(discriminator=dict(channels=(16, 32, 64, 128))),
    )
)
