"""MaxCos: DeepLabV2-ResNet101, translated GTA5 to Cityscapes."""

_base_ = [
    '../_base_/models/deeplabv2_r101.py',
    '../_base_/datasets/gta2cs_translated.py',
    '../_base_/schedules/deeplab_250k.py',
    '../_base_/schedules/maxcos_stages.py',
    '../_base_/adaptations/maxcos.py',
]

model = _base_.maxcos
# The paper gives no number; BDL's without pseudo labels. Tested every 2000 iterations, as in Figure 4.
train_cfg = dict(max_iters=80000, val_interval=2000)
