"""Table 1, "Adversarial": AdaptSegNet in place of MaxCos, without pseudo labels; FCN-8s-VGG16, SYNTHIA."""

_base_ = ['./maxcos_nopl_vgg16_syn2cs.py', '../_base_/adaptations/adaptseg.py']

model = dict(adaptations=dict(_delete_=True, **_base_.adaptseg.adaptations))
