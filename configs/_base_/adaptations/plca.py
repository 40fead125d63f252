"""PLCA: cycle association of features and predictions, Lovasz-softmax, adaptive label smoothing."""

plca = dict(
    adaptations=dict(
        plca=dict(
            type='PixelCycleAssociation',
            loss_weight=0.1,
            on=('feature', 'prediction'),
            aggregation=0.5,
            # The released code; the paper normalises these too.
            normalize_kl_aggregation=False,
            aggregate_at_test=True,
        ),
        # The paper prints 0.75, which the released code multiplies by processes and accumulated steps: by 4 with the
        # two GPUs of its page, where the published models come from.
        lovasz=dict(type='LovaszSoftmax', loss_weight=3.0),
        # detach_weight: the released code; the paper does not say.
        label_smoothing=dict(type='AdaptiveLabelSmoothing', loss_weight=0.01, threshold=10.0, detach_weight=True),
    )
)
