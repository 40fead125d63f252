"""Table 3, +PLA: binary labels for pixels (Eq. 6) instead of a continuous index (Eq. 8), GTA5."""

_base_ = './pixintrada_t0_r101_gta2cs.py'

model = dict(adaptations=dict(pixintrada=dict(mode='pla'), pixintrada_aux=dict(mode='pla')))
