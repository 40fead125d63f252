"""PLCA: DeepLabV2-ResNet101, SYNTHIA to Cityscapes, 16 classes."""

_base_ = [
    '../_base_/models/deeplabv2_r101_plca.py',
    '../_base_/datasets/syn2cs_crop_730.py',
    '../_base_/schedules/plca.py',
    '../_base_/default_runtime.py',
    '../_base_/adaptations/plca.py',
]

model = dict(decode_head=dict(num_classes=16), adaptations=_base_.plca.adaptations)
# 8 of 10 epochs.
poly = dict(type='PolyLR', power=0.9, begin=0, end=10 * 372 + 1, eta_min=0, by_epoch=False)
param_scheduler = dict(segmentor=[poly], discriminators=[poly])
train_cfg = dict(max_iters=2 * 8 * 372, val_interval=1000)
