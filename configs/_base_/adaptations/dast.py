"""DAST's discriminator attention: discoverer at the tap, corrector on the output, least squares."""

dast = dict(
    adaptations=dict(
        attention=dict(
            type='DiscriminatorAttention',
            # channels: None is (C/2, C/4, C/8) as released; the paper prints (256, 128, 64).
            discriminator=dict(type='FeatureDiscriminator', channels=None),
            loss_weight=0.01,
            # AdaptSegNet halves each domain's term of the discriminator's loss, DAST does not.
            discriminator_weight=1.0,
            kind='ls',
        ),
        corrector=dict(
            type='OutputSpaceAdversary',
            discriminator=dict(type='OutputDiscriminator'),
            loss_weight=0.01,
            discriminator_weight=1.0,
            kind='ls',
            # The paper weights this loss by the attention (attention_from='attention'); the released code does not.
            attention_from=None,
        ),
    )
)
