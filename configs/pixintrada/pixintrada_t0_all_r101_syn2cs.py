"""Table 8, Prop. = 1: every pixel is easy, so this is self-training on the argmax alone, SYNTHIA."""

_base_ = './pixintrada_t0_r101_syn2cs.py'

model = dict(adaptations=dict(pixintrada=dict(labeling=dict(selector=dict(alpha=0.0)))))
