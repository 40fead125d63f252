"""DACS: DeepLabV2-ResNet101, GTA5 to Cityscapes."""

_base_ = [
    '../_base_/models/deeplabv2_r101.py',
    '../_base_/datasets/gta2cs_dacs.py',
    '../_base_/schedules/deeplab_250k.py',
    '../_base_/adaptations/dacs.py',
]

# The released head returns after two of its four branches.
model = dict(decode_head=dict(num_branches=2), **_base_.dacs)
train_cfg = dict(max_iters=250000)
