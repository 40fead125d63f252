"""The same for the mini net, which has no auxiliary output.

The discriminator is a quarter as wide, since it would take most of the step on a CPU.
"""

_base_ = './intrada.py'

intrada = dict(
    _delete_=True,
    adaptations=dict(
        intrada=dict(
            _base_.intrada.adaptations.intrada,
            discriminator=dict(_base_.intrada.adaptations.intrada.discriminator, channels=(16, 32, 64, 128)),
        ),
    ),
)
