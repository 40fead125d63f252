"""DAST, one round of self-training: DeepLabV2-ResNet101, GTA5 to Cityscapes."""

_base_ = ['./dast_da_r101_gta2cs.py', '../_base_/adaptations/self_training.py']

load_from = 'work_dirs/dast_da_r101_gta2cs/iter_150000.pth'
# The released rounds: one learning rate for the whole segmentor, BatchNorm on its running statistics.
model = dict(norm_eval=True, adaptations=_base_.self_training.adaptations)
optim_wrapper = dict(segmentor=dict(optimizer=dict(lr=2e-4), paramwise_cfg=None))
poly = dict(type='PolyLR', power=0.9, begin=0, end=100001, eta_min=0, by_epoch=False)
param_scheduler = dict(segmentor=[poly], discriminators=[poly])
train_cfg = dict(max_iters=20000)
