"""The same for the mini net, which has no auxiliary output.

The discriminator is a quarter as wide, since it would take most of the step on a CPU.
"""

_base_ = './pixintrada.py'

pixintrada = dict(
    _delete_=True,
    adaptations=dict(
        self_training=_base_.pixintrada.adaptations.self_training,
        pixintrada=dict(
            _base_.pixintrada.adaptations.pixintrada,
            discriminator=dict(_base_.pixintrada.adaptations.pixintrada.discriminator, channels=(16, 32, 64, 128)),
        ),
    ),
)
