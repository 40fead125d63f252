"""Table 8: PLA with alpha = 1.00, SYNTHIA."""

_base_ = './pixintrada_t0_alpha100_r101_syn2cs.py'

model = dict(adaptations=dict(pixintrada=dict(mode='pla'), pixintrada_aux=dict(mode='pla')))
