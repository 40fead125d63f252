"""Self-training on pseudo labels that are made when the run starts, by DAST's rule."""

self_training = dict(
    adaptations=dict(
        self_training=dict(
            type='SelfTraining',
            labeling=dict(selector=dict(type='DASTSelector', portion=0.5, cap=0.9, stride=4)),
            loss_weight=1.0,
        )
    )
)
