"""Table 8: alpha = 1.00, SYNTHIA."""

_base_ = './pixintrada_t0_r101_syn2cs.py'

model = dict(adaptations=dict(pixintrada=dict(labeling=dict(selector=dict(alpha=1.0)))))
