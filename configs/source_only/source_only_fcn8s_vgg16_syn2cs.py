"""Source only: FCN-8s-VGG16, SYNTHIA to Cityscapes."""

_base_ = [
    '../_base_/models/fcn8s_vgg16.py',
    '../_base_/datasets/syn2cs.py',
    '../_base_/schedules/fcn8s.py',
    '../_base_/default_runtime.py',
]

train_dataloader = dict(dataset=dict(target=None))
