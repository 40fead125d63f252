"""ADVENT's AdvEnt on the main and the auxiliary output; needs ``model.auxiliary_head``."""

advent_multi = dict(
    adaptations=dict(
        entropy_adversary=dict(
            type='OutputSpaceAdversary',
            discriminator=dict(type='OutputDiscriminator', in_channels=19),
            loss_weight=0.001,
            maps='entropy',
        ),
        entropy_adversary_aux=dict(
            type='OutputSpaceAdversary',
            discriminator=dict(type='OutputDiscriminator', in_channels=19),
            loss_weight=0.0002,
            level='aux',
            maps='entropy',
        ),
    )
)
