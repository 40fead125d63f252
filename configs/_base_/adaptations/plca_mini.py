"""PLCA for the mini net, from MiniCity's converged source model.

The weight is chosen on MiniCity's val split, beside Lovasz's printed one; at the paper's 0.1 the mini net gets worse.
"""

_base_ = './plca.py'

plca = dict(adaptations=dict(plca=dict(loss_weight=0.003), lovasz=dict(loss_weight=0.75)))
