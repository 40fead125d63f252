"""MaxCos, both stages in one launch: FCN-8s-VGG16, translated GTA5 to Cityscapes."""

_base_ = './maxcos_pl_vgg16_gta2cs.py'

stages = [
    dict(name='nopl', config='{{ fileDirname }}/maxcos_nopl_vgg16_gta2cs.py'),
    dict(name='pl', labels_from='nopl'),
]
