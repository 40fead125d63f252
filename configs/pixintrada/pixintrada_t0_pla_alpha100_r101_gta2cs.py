"""Table 5: PLA with alpha = 1.00, GTA5."""

_base_ = './pixintrada_t0_alpha100_r101_gta2cs.py'

model = dict(adaptations=dict(pixintrada=dict(mode='pla'), pixintrada_aux=dict(mode='pla')))
