"""Table 5: alpha = 1.00, GTA5."""

_base_ = './pixintrada_t0_r101_gta2cs.py'

model = dict(adaptations=dict(pixintrada=dict(labeling=dict(selector=dict(alpha=1.0)))))
