"""DAST's stages at full size: the adversarial one, then three rounds of self-training."""

_base_ = '../adaptations/self_training.py'

poly_rounds = dict(type='PolyLR', power=0.9, begin=0, end=100001, eta_min=0, by_epoch=False)
stages = dict(
    da=dict(),
    round=dict(
        load_from='previous',
        repeat=3,
        # The released rounds: one learning rate for the whole segmentor, BatchNorm on its running statistics.
        changes=dict(
            model=dict(norm_eval=True, adaptations=_base_.self_training.adaptations),
            optim_wrapper=dict(segmentor=dict(optimizer=dict(lr=2e-4), paramwise_cfg=None)),
            param_scheduler=dict(segmentor=[poly_rounds], discriminators=[poly_rounds]),
            train_cfg=dict(max_iters=20000),
        ),
    ),
)
