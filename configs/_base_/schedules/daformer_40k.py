"""DAFormer's AdamW: SegFormer's rates over 40k iterations; the decay runs from the start, during the warm-up too."""

_base_ = './adamw_40k.py'

optim_wrapper = dict(
    segmentor=dict(
        # Norms of the backbone do not decay. Those of the head do, as released, where the longer key counts alone.
        paramwise_cfg=dict(
            _delete_=True,
            norm_decay_mult=0.0,
            custom_keys=dict(decode_head=dict(lr_mult=10.0)),
        )
    )
)
# Base rate * (1 - t / 40000) * (1 - (1 - t / 1500) * (1 - 1e-6)) in the first 1500 iterations.
warmup = dict(type='LinearLR', start_factor=1e-6, begin=0, end=1501, by_epoch=False)
poly = dict(type='PolyLR', power=1.0, begin=0, end=40001, eta_min=0, by_epoch=False)
param_scheduler = dict(segmentor=[warmup, poly], discriminators=[poly])
default_hooks = dict(checkpoint=dict(interval=4000))
