"""Stage I on SYNTHIA: BDL's two rounds on translated images, adversarial, then with labels by the first. R101."""

_base_ = ['../maxcos/maxcos_r101_syn2cs.py', '../_base_/adaptations/adaptseg.py']

# MaxCos's stages, data and schedule are BDL's; its loss makes way for AdaptSegNet's adversary, weight 0.001.
model = dict(adaptations=dict(maxcos=None, **_base_.adaptseg.adaptations))
