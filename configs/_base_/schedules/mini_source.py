"""The mini net from scratch on MiniCity: long enough to converge on the source domain."""

_base_ = '../default_runtime.py'

optim_wrapper = dict(
    constructor='JointOptimWrapperConstructor',
    segmentor=dict(optimizer=dict(type='AdamW', lr=2e-3, weight_decay=0.01)),
    discriminators=dict(optimizer=dict(type='Adam', lr=2e-4, betas=(0.9, 0.99))),
)
poly = dict(type='PolyLR', power=0.9, begin=0, end=1501, eta_min=0, by_epoch=False)
param_scheduler = dict(segmentor=[poly], discriminators=[poly])
train_cfg = dict(type='IterBasedTrainLoop', max_iters=1500, val_interval=1500)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
randomness = dict(seed=0)
default_hooks = dict(checkpoint=dict(interval=500), logger=dict(interval=100))
