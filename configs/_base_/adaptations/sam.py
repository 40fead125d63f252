"""SAM, second run: a fresh network follows the module that the first run trained. DeepLabV2-ResNet101 from GTA5.

A stage called ``module`` trains it (``_base_/schedules/sam_stages.py``); or set ``init_cfg.checkpoint``.
"""

sam = dict(
    adaptations=dict(
        sam=dict(
            type='SelfAttentionTransfer',
            module=dict(
                type='SelfAttentionModule',
                channels=19,
                init_cfg=dict(
                    type='Pretrained',
                    checkpoint='{module}',
                    prefix='adaptations.sam_module.module',
                ),
            ),
            loss_weight=0.1,
            # Eq. 8: z'' = z + z'; 'attended' is Eq. 9: z'.
            follow='residual',
            # Eq. 10; ('target',) is Eq. 11.
            domains=('source', 'target'),
            # Supplement B: 'kl', 'cosine'.
            kind='l1',
        )
    )
)
