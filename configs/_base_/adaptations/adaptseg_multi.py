"""AdaptSegNet on the main and the auxiliary output (multi level); needs ``model.auxiliary_head``."""

_base_ = './adaptseg.py'

# The weights that the authors advise for torch >= 0.4; printed: 0.001 and 0.0002, with which they got 39.5 there.
adaptseg_multi = dict(
    adaptations=dict(
        adversary=dict(_base_.adaptseg.adaptations.adversary, loss_weight=0.0005),
        adversary_aux=dict(_base_.adaptseg.adaptations.adversary, loss_weight=0.00005, level='aux'),
    )
)
