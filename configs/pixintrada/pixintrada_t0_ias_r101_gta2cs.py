"""Table 6: easy pixels by IAST's instance-adaptive selector, GTA5."""

_base_ = './pixintrada_t0_r101_gta2cs.py'

model = dict(adaptations=dict(pixintrada=dict(labeling=dict(selector=dict(_delete_=True, type='IASSelector')))))
