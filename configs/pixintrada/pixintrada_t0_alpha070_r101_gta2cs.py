"""Table 5: alpha = 0.70, GTA5."""

_base_ = './pixintrada_t0_r101_gta2cs.py'

model = dict(adaptations=dict(pixintrada=dict(labeling=dict(selector=dict(alpha=0.7)))))
