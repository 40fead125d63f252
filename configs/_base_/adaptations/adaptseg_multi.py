"""AdaptSegNet on the main and the auxiliary output (multi level); needs ``model.auxiliary_head``."""

adaptseg_multi = dict(
    adaptations=dict(
        adversary=dict(
            type='OutputSpaceAdversary',
            discriminator=dict(type='OutputDiscriminator', in_channels=19),
            loss_weight=0.001,
        ),
        adversary_aux=dict(
            type='OutputSpaceAdversary',
            discriminator=dict(type='OutputDiscriminator', in_channels=19),
            loss_weight=0.0002,
            level='aux',
        ),
    )
)
