"""ADVENT (MinEnt): DeepLab-VGG16, GTA5 to Cityscapes."""

_base_ = [
    '../_base_/models/deeplabv2_vgg16.py',
    '../_base_/datasets/gta2cs.py',
    '../_base_/schedules/deeplab_vgg_250k.py',
    '../_base_/adaptations/minent.py',
]

model = _base_.minent
train_cfg = dict(max_iters=120000)
