"""MaxCos for the mini net: half of its similarities within a class exceed 0.6, one in a hundred 0.9."""

_base_ = './maxcos.py'

maxcos = dict(adaptations=dict(maxcos=dict(threshold=0.9, loss_weight=0.2)))
