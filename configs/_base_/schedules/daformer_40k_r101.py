"""The same for networks other than MiT, whose BatchNorm decays like everything else, as released."""

_base_ = './daformer_40k.py'

optim_wrapper = dict(segmentor=dict(paramwise_cfg=dict(norm_decay_mult=1.0)))
