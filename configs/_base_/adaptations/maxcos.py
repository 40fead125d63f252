"""MaxCos for DeepLabV2-ResNet101 and GTA5 (Table 5)."""

maxcos = dict(
    adaptations=dict(
        maxcos=dict(
            type='MaxCosine',
            threshold=0.6,
            dict_size=2500,
            loss_weight=0.01,
            # Of more than dict_size features of a class in one image; 'last' would be the image's lower edge.
            keep='random',
            # Eq. 10 prints a sum; the weights of Table 5 fit the mean over the selected similarities.
            reduction='mean',
        )
    )
)
