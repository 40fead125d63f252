"""Table 5: PLA with alpha = 0.70, GTA5."""

_base_ = './pixintrada_t0_alpha070_r101_gta2cs.py'

model = dict(adaptations=dict(pixintrada=dict(mode='pla'), pixintrada_aux=dict(mode='pla')))
