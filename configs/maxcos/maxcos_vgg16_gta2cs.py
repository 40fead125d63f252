"""MaxCos: FCN-8s-VGG16, translated GTA5 to Cityscapes."""

_base_ = [
    '../_base_/models/fcn8s_vgg16.py',
    '../_base_/datasets/gta2cs_translated.py',
    '../_base_/schedules/fcn8s.py',
    '../_base_/schedules/maxcos_stages.py',
    '../_base_/adaptations/maxcos_vgg16.py',
]

model = _base_.maxcos
# The paper gives no number; BDL's without pseudo labels. Tested every 2000 iterations, as in Figure 4.
train_cfg = dict(max_iters=80000, val_interval=2000)
