"""Table 7, +PLA: binary labels for pixels (Eq. 6) instead of a continuous index (Eq. 8), SYNTHIA."""

_base_ = './pixintrada_t0_r101_syn2cs.py'

model = dict(adaptations=dict(pixintrada=dict(mode='pla'), pixintrada_aux=dict(mode='pla')))
