"""SAM, Table A.1: Eq. 8 on the target only. FCN-8s-VGG16, GTA5 to Cityscapes."""

_base_ = './sam_generation_vgg16_gta2cs.py'

model = dict(adaptations=dict(sam=dict(domains=('target',))))
