"""Maximum squares with image-wise weights, on the main output; numbers and formula of the released code."""

maxsquare = dict(
    adaptations=dict(
        max_squares=dict(
            type='MaxSquares',
            loss_weight=0.1,
            image_wise=True,
            ratio=0.2,
            # As released: divided by the number of classes, weights by each pixel's argmax. 'paper': as printed.
            variant='released',
        )
    )
)
