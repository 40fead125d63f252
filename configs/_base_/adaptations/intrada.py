"""IntraDA on the main and the auxiliary output, as PixIntraDA compares with it; needs ``model.auxiliary_head``.

The target set is both domains of the data set, with ``part='easy'`` and ``part='hard'``.
"""

intrada = dict(
    adaptations=dict(
        intrada=dict(
            type='IntraDomainAdversary',
            # upsample: as in PixIntraDA, which retrained IntraDA that way; IntraDA's own scores are not.
            discriminator=dict(type='OutputDiscriminator', in_channels=19, upsample=True),
            labeling=dict(selector=dict(type='EntropyRankingSelector', portion=0.67)),
            loss_weight=0.001,
            maps='entropy',
        ),
        intrada_aux=dict(
            type='IntraDomainAdversary',
            discriminator=dict(type='OutputDiscriminator', in_channels=19, upsample=True),
            loss_weight=0.0002,
            level='aux',
            maps='entropy',
        ),
    )
)
