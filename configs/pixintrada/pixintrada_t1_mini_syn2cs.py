"""PixIntraDA, stage II, second round (T=1) with KLD: mini net on MiniCity, SYNTHIA to Cityscapes."""

_base_ = './pixintrada_t0_mini_syn2cs.py'

model = dict(adaptations=dict(self_training=dict(kld_weight=0.1)))
load_from = 'work_dirs/pixintrada_t0_mini_syn2cs/iter_400.pth'
