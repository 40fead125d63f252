"""DAST's discriminator attention for the mini net, which has 128 channels at the tap."""

_base_ = './dast.py'

dast = dict(adaptations=dict(attention=dict(discriminator=dict(in_channels=128))))
