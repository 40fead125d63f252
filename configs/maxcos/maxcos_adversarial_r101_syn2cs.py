"""Table 1, "Adversarial": AdaptSegNet in place of MaxCos, without pseudo labels; DeepLabV2-R101, SYNTHIA."""

_base_ = ['./maxcos_nopl_r101_syn2cs.py', '../_base_/adaptations/adaptseg.py']

model = dict(adaptations=dict(_delete_=True, **_base_.adaptseg.adaptations))
