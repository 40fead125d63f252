"""Table 4, "SSL with Adversarial": the second stage with an adversary in place of MaxCos; DeepLabV2-R101, GTA5."""

_base_ = ['./maxcos_only_ssl_r101_gta2cs.py', '../_base_/adaptations/adaptseg.py']

model = _base_.adaptseg
