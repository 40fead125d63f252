"""AdamW for any network of MMSeg: SegFormer's rates, 40k iterations."""

_base_ = '../default_runtime.py'

optim_wrapper = dict(
    constructor='JointOptimWrapperConstructor',
    segmentor=dict(
        optimizer=dict(type='AdamW', lr=6e-5, betas=(0.9, 0.999), weight_decay=0.01),
        paramwise_cfg=dict(
            custom_keys=dict(
                pos_block=dict(decay_mult=0.0),
                pos_embed=dict(decay_mult=0.0),
                norm=dict(decay_mult=0.0),
                head=dict(lr_mult=10.0),
            )
        ),
    ),
    discriminators=dict(optimizer=dict(type='Adam', lr=1e-4, betas=(0.9, 0.99))),
)
warmup = dict(type='LinearLR', start_factor=1e-6, begin=0, end=1500, by_epoch=False)
poly = dict(type='PolyLR', power=1.0, begin=1500, end=40001, eta_min=0, by_epoch=False)
param_scheduler = dict(segmentor=[warmup, poly], discriminators=[poly])
train_cfg = dict(type='IterBasedTrainLoop', max_iters=40000, val_interval=4000)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
