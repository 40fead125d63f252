"""MaxCos without pseudo labels (Eq. 11): FCN-8s-VGG16, translated SYNTHIA to Cityscapes."""

_base_ = [
    '../_base_/models/fcn8s_vgg16.py',
    '../_base_/datasets/syn2cs_translated.py',
    '../_base_/schedules/fcn8s.py',
    '../_base_/default_runtime.py',
    '../_base_/adaptations/maxcos_vgg16.py',
]

model = dict(adaptations=dict(maxcos=dict(_base_.maxcos.adaptations.maxcos, threshold=0.2)))
# The paper gives no number; BDL's without pseudo labels. Tested every 2000 iterations, as in Figure 4.
train_cfg = dict(max_iters=80000, val_interval=2000)
