"""The mini net adapting from the converged source model, which is trained first where it is not there."""

_base_ = './mini_source.py'

optim_wrapper = dict(segmentor=dict(optimizer=dict(lr=5e-4)))
poly = dict(type='PolyLR', power=0.9, begin=0, end=401, eta_min=0, by_epoch=False)
param_scheduler = dict(segmentor=[poly], discriminators=[poly])
train_cfg = dict(max_iters=400, val_interval=200)
default_hooks = dict(checkpoint=dict(interval=200), logger=dict(interval=50))
stages = dict(source=dict(config='{{ fileDirname }}/../../source_only/source_only_mini_gta2cs.py'))
