"""MaxCos without pseudo labels (Eq. 11): DeepLabV2-R101, SYNTHIA styled by FDA to Cityscapes."""

_base_ = [
    '../_base_/models/deeplabv2_r101.py',
    '../_base_/datasets/syn2cs_fda.py',
    '../_base_/schedules/deeplab_250k.py',
    '../_base_/default_runtime.py',
    '../_base_/adaptations/maxcos.py',
]

model = dict(adaptations=dict(maxcos=dict(_base_.maxcos.adaptations.maxcos, threshold=0.4)))
# The paper gives no number; BDL's without pseudo labels. Tested every 2000 iterations, as in Figure 4.
train_cfg = dict(max_iters=80000, val_interval=2000)
