"""SAM's second run on the feature map (Supplement B): DeepLabV2-ResNet101 from GTA5, Eq. 8 and 10.

A stage called ``module_feature`` trains its module.
"""

sam_feature = dict(
    adaptations=dict(
        sam_feature=dict(
            type='SelfAttentionTransfer',
            module=dict(
                type='SelfAttentionModule',
                channels=2048,
                init_cfg=dict(
                    type='Pretrained',
                    checkpoint='{module_feature}',
                    prefix='adaptations.sam_module.module',
                ),
            ),
            on='feature',
            loss_weight=0.1,
            follow='residual',
            domains=('source', 'target'),
            kind='l1',
        )
    )
)
