"""AdaptSegNet on the main and the auxiliary output (multi level); needs ``model.auxiliary_head``."""

_base_ = './adaptseg.py'

adaptseg_multi = dict(
    adaptations=dict(
        **_base_.adaptseg.adaptations,
        adversary_aux=dict(_base_.adaptseg.adaptations.adversary, loss_weight=0.0002, level='aux'),
    )
)
