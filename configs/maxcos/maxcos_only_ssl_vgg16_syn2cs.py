"""Table 4, "only SSL": the second stage without MaxCos; FCN-8s-VGG16, SYNTHIA."""

_base_ = './maxcos_vgg16_syn2cs.py'

model = dict(adaptations=dict(_delete_=True, **_base_.self_training_bdl.adaptations))
