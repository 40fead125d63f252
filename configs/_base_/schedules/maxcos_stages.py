"""MaxCos at full size: without pseudo labels (Eq. 11), then a fresh network on labels by the first (Eq. 12)."""

_base_ = '../adaptations/self_training_bdl.py'

stages = dict(
    nopl=dict(),
    pl=dict(
        labels_from='nopl',
        changes=dict(
            model=_base_.self_training_bdl,
            train_cfg=dict(max_iters=120000),  # BDL's with pseudo labels
        ),
    ),
)
