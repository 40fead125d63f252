"""Pseudo labels with one weight for a whole batch: the share of its pixels that are sure (DACS, WACV 2021)."""

import torch
from torch import Tensor


def confident_share(probability: Tensor, threshold: float | None) -> Tensor:
    """Share of the batch's pixels whose largest probability reaches the threshold.

    Args:
        probability: Largest probability of each pixel, N,H,W.
        threshold: In [0, 1]; None: no threshold, the share is 1.

    Returns:
        Scalar in [0, 1], of the probabilities' type.
    """
    if threshold is None:
        return torch.ones_like(probability[0, 0, 0])
    return (probability >= threshold).to(probability).mean()


def pseudo_labels(
    logits: Tensor,
    threshold: float | None = 0.968,
    valid: Tensor | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Label images with their most probable classes, and weigh the labels.

    All pixels have one weight, the :func:`confident_share` of the batch, but for those to be left out: their weight is
    0, though they count in the share.

    Args:
        logits: N,C,H,W at the images' size.
        threshold: Probability from which a pixel is sure; None: all weights are 1.
        valid: N,H,W, 0 where a pixel is left out.

    Returns:
        Labels N,H,W int64, weights N,H,W and the share, a scalar.
    """
    probability, labels = logits.softmax(dim=1).max(dim=1)
    share = confident_share(probability, threshold)
    weights = share.expand_as(probability)
    if valid is not None:
        weights = weights * valid.to(weights)
    return labels, weights, share
