"""PLCA: SGD with one rate for all, poly over 30 epochs of Cityscapes (372 updates of 8 pairs each), stopped after 28.

An update is two steps of four pairs, so this is for one GPU. On two GPUs: train_dataloader.batch_size=2, as released;
on four: 1. (Schedules count updates, max_iters steps.)
"""

_base_ = '../default_runtime.py'

optim_wrapper = dict(
    constructor='JointOptimWrapperConstructor',
    accumulative_counts=2,
    segmentor=dict(optimizer=dict(type='SGD', lr=2.5e-4, momentum=0.9, weight_decay=5e-4)),
    # PLCA has no discriminator; for methods that are added to it.
    discriminators=dict(optimizer=dict(type='Adam', lr=1e-4, betas=(0.9, 0.99))),
)
poly = dict(type='PolyLR', power=0.9, begin=0, end=30 * 372 + 1, eta_min=0, by_epoch=False)
param_scheduler = dict(segmentor=[poly], discriminators=[poly])
train_cfg = dict(type='IterBasedTrainLoop', max_iters=2 * 28 * 372, val_interval=2000)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
