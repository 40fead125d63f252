"""AdaptSegNet on the main output (single level)."""

adaptseg = dict(
    adaptations=dict(
        adversary=dict(
            type='OutputSpaceAdversary',
            discriminator=dict(type='OutputDiscriminator'),
            loss_weight=0.001,
        )
    )
)
