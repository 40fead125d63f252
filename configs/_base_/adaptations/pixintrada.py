"""PixIntraDA on the main and the auxiliary output: self-training on easy target pixels, an adversary for the hard ones.

Needs stage 3 of a ResNet for the auxiliary classifier, and ``load_from`` or a labeler: a trained model that makes the
labels. For one output see ``pixintrada_mini.py``.
"""

pixintrada = dict(
    # AdaptSegNet's auxiliary classifier; as released, two of its four branches are summed. Its loss counts with source
    # images only.
    auxiliary_head=dict(
        type='DeepLabV2Head',
        in_channels=1024,
        in_index=2,
        num_classes=19,
        num_branches=2,
        loss_decode=dict(type='CrossEntropyLoss', avg_non_ignore=True, loss_weight=0.1),
    ),
    adaptations=dict(
        self_training=dict(type='SelfTraining', loss_weight=1.0),
        self_training_aux=dict(type='SelfTraining', loss_weight=0.1, level='aux'),
        pixintrada=dict(
            type='PixelIntraDomainAdversary',
            discriminator=dict(type='OutputDiscriminator', upsample=True),
            # Which pixels are easy, and their labels; all four adaptations use them. alpha: 0.85 for GTA5.
            labeling=dict(selector=dict(type='PixIntraDASelector', alpha=0.85, median='bdl', cap=0.9), confidence=True),
            # beta is not in the paper; AdaptSegNet's weights.
            loss_weight=0.001,
            # 'cts': Eq. 8. 'pla': Eq. 6 as a cross entropy of each pixel ('pla_printed': as printed).
            mode='cts',
            # The paper prints sums over pixels: means here, the segmentor's over hard pixels. The discriminator's raw
            # score is regressed; the paper does not say.
            reduction='hard',
            sigmoid=False,
        ),
        pixintrada_aux=dict(
            type='PixelIntraDomainAdversary',
            discriminator=dict(type='OutputDiscriminator', upsample=True),
            loss_weight=0.0002,
            level='aux',
            mode='cts',
            reduction='hard',
            sigmoid=False,
        ),
    ),
)
