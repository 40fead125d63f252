"""Self-training on pseudo labels that the run makes itself, with DAST's selector.

A config that takes this adaptation also needs the hook that makes the labels::

    model = _base_.self_training
    default_hooks = dict(pseudo_labels=_base_.pseudo_label_hook)
"""

self_training = dict(adaptations=dict(self_training=dict(type='SelfTraining', loss_weight=1.0)))
pseudo_label_hook = dict(
    type='PseudoLabelHook',
    selector=dict(type='DASTSelector', portion=0.5, cap=0.9, stride=4),
)
