"""DAST, first stage (discriminator attention): DeepLab-VGG16, GTA5 to Cityscapes."""

_base_ = [
    '../_base_/models/deeplabv2_vgg16.py',
    '../_base_/datasets/gta2cs.py',
    '../_base_/schedules/deeplab_vgg_250k.py',
    '../_base_/default_runtime.py',
    '../_base_/adaptations/dast_vgg16.py',
]

model = dict(
    # The released head returns after two of its four branches.
    decode_head=dict(num_branches=2),
    adaptations=_base_.dast.adaptations,
)
