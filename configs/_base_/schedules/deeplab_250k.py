"""The AdaptSegNet lineage: SGD + Adam, poly over 250k iterations, stopped at 150k."""

_base_ = '../default_runtime.py'

optim_wrapper = dict(
    constructor='JointOptimWrapperConstructor',
    segmentor=dict(
        # type='SGD': one update a step, as printed.
        optimizer=dict(type='RepeatedSGD', lr=2.5e-4, momentum=0.9, weight_decay=5e-4),
        paramwise_cfg=dict(
            custom_keys={
                'decode_head': dict(lr_mult=10.0),
                'auxiliary_head': dict(lr_mult=10.0),
                # The released groups list a tensor once for each module around it (docs/backbone_rate.md). The longest
                # key that fits counts.
                'backbone.layer': dict(repeats=3),
                'neck.': dict(repeats=3),  # DAST's block after the tap
                '.downsample.0.weight': dict(repeats=4),
            }
        ),
    ),
    discriminators=dict(optimizer=dict(type='Adam', lr=1e-4, betas=(0.9, 0.99))),
)
# MMEngine's PolyLR reaches eta_min at end - 1; the papers' (1 - t / T)^0.9 needs end = T + 1.
poly = dict(type='PolyLR', power=0.9, begin=0, end=250001, eta_min=0, by_epoch=False)
param_scheduler = dict(segmentor=[poly], discriminators=[poly])
train_cfg = dict(type='IterBasedTrainLoop', max_iters=150000, val_interval=5000)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
