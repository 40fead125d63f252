"""PLCA for the mini net, from MiniCity's converged source model.

Its features of the two looks are far apart, so that many cycles pair wrong pixels: at the paper's 0.1 it gets worse.
The weight was chosen on the val split.
"""

_base_ = './plca.py'

plca = dict(adaptations=dict(plca=dict(loss_weight=0.003)))
