"""ADVENT (AdvEnt): DeepLabV2-ResNet101, GTA5 to Cityscapes."""

_base_ = [
    '../_base_/models/deeplabv2_r101_multi.py',
    '../_base_/datasets/gta2cs.py',
    '../_base_/schedules/deeplab_250k.py',
    '../_base_/adaptations/advent_multi.py',
]

model = _base_.advent_multi
train_cfg = dict(max_iters=120000)
