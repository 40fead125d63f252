"""Table 4, "with Adversarial": the second stage with AdaptSegNet's adversary added; DeepLabV2-R101, GTA5."""

_base_ = ['./maxcos_r101_gta2cs.py', '../_base_/adaptations/adaptseg.py']

model = _base_.adaptseg
