"""ADVENT's AdvEnt on the main output: an adversary on weighted self-information maps."""

advent = dict(
    adaptations=dict(
        entropy_adversary=dict(
            type='OutputSpaceAdversary',
            discriminator=dict(type='OutputDiscriminator'),
            loss_weight=0.001,
            maps='entropy',
        )
    )
)
