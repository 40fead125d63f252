"""Source only: FCN-8s-VGG16, GTA5 to Cityscapes."""

_base_ = [
    '../_base_/models/fcn8s_vgg16.py',
    '../_base_/datasets/gta2cs.py',
    '../_base_/schedules/fcn8s.py',
]

train_dataloader = dict(dataset=dict(target=None))
