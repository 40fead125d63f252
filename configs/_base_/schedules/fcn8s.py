"""FCN-8s (SAM, MaxCos): Adam 1e-5, divided by 10 every 50k iterations, biases at twice the rate."""

_base_ = '../default_runtime.py'

optim_wrapper = dict(
    constructor='JointOptimWrapperConstructor',
    segmentor=dict(
        optimizer=dict(type='Adam', lr=1e-5, betas=(0.9, 0.99)),
        paramwise_cfg=dict(bias_lr_mult=2.0),
    ),
    # BDL's, as with DeepLab.
    discriminators=dict(optimizer=dict(type='Adam', lr=1e-4, betas=(0.9, 0.99))),
)
step = dict(type='StepLR', step_size=50000, gamma=0.1, by_epoch=False)
param_scheduler = dict(segmentor=[step], discriminators=[step])
train_cfg = dict(type='IterBasedTrainLoop', max_iters=120000, val_interval=2000)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
