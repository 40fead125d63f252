"""AdaptSegNet on the main output (single level)."""

adaptseg = dict(
    adaptations=dict(
        adversary=dict(
            type='OutputSpaceAdversary',
            discriminator=dict(type='OutputDiscriminator', in_channels=19),
            loss_weight=0.001,
        )
    )
)
