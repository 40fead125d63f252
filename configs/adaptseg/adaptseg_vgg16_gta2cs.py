"""AdaptSegNet, single level: DeepLab-VGG16, GTA5 to Cityscapes."""

_base_ = [
    '../_base_/models/deeplabv2_vgg16.py',
    '../_base_/datasets/gta2cs.py',
    '../_base_/schedules/deeplab_vgg_250k.py',
    '../_base_/adaptations/adaptseg.py',
]

# The released head returns after two of its four branches.
model = dict(decode_head=dict(num_branches=2), **_base_.adaptseg)
