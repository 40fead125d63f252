"""Table 3, +T=1: the second round without KLD, all stages in one launch, GTA5."""

_base_ = './pixintrada_r101_gta2cs.py'

model = dict(adaptations=dict(self_training=dict(kld_weight=0), self_training_aux=dict(kld_weight=0)))
