"""Table 6: PLA, easy pixels by IAST's instance-adaptive selector, GTA5."""

_base_ = './pixintrada_t0_ias_r101_gta2cs.py'

model = dict(adaptations=dict(pixintrada=dict(mode='pla'), pixintrada_aux=dict(mode='pla')))
