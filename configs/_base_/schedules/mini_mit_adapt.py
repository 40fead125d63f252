"""The small Mix Transformer adapting from the converged source model, which is trained first where it is not there."""

_base_ = './mini_source.py'

optim_wrapper = dict(segmentor=dict(optimizer=dict(lr=5e-4)))
warmup = dict(type='LinearLR', start_factor=1e-6, begin=0, end=16, by_epoch=False)
poly = dict(type='PolyLR', power=1.0, begin=0, end=401, eta_min=0, by_epoch=False)
param_scheduler = dict(segmentor=[warmup, poly], discriminators=[poly])
train_cfg = dict(max_iters=400, val_interval=200)
default_hooks = dict(checkpoint=dict(interval=200), logger=dict(interval=50))
stages = dict(source=dict(config='{{ fileDirname }}/../../source_only/source_only_mini_mit_gta2cs.py'))
