"""Table 4, "only SSL": the second stage without MaxCos; DeepLabV2-R101, SYNTHIA."""

_base_ = './maxcos_r101_syn2cs.py'

model = dict(adaptations=dict(_delete_=True, **_base_.self_training_bdl.adaptations))
