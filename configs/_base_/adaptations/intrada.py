"""IntraDA on the main and the auxiliary output; needs ``model.auxiliary_head``.

The target set is both domains of the data set, with ``part='easy'`` and ``part='hard'``.
"""

intrada = dict(
    adaptations=dict(
        intrada=dict(
            type='IntraDomainAdversary',
            # upsample=True: scores at the input's size, as PixIntraDA retrained it.
            discriminator=dict(type='OutputDiscriminator', upsample=False),
            labeling=dict(selector=dict(type='EntropyRankingSelector', portion=0.67)),
            loss_weight=0.001,
            maps='entropy',
        ),
        intrada_aux=dict(
            type='IntraDomainAdversary',
            discriminator=dict(type='OutputDiscriminator', upsample=False),
            loss_weight=0.0002,
            level='aux',
            maps='entropy',
        ),
    )
)
