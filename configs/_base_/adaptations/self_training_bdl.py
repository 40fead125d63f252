"""Self-training on pseudo labels that are made when the run starts, by BDL's rule (MaxCos, SAM)."""

self_training_bdl = dict(
    adaptations=dict(
        self_training=dict(
            type='SelfTraining',
            labeling=dict(selector=dict(type='BDLSelector', portion=0.5, cap=0.9)),
            loss_weight=1.0,
        )
    )
)
