"""The loss of pixel-wise labels and weights, where MMSeg's ``loss_by_feat`` takes labels alone.

It is one cross entropy for all heads. A head whose training has more parts registers its own answer for its class
(``pixel_losses.register(Class, function)``).
"""

from functools import singledispatch

from torch import Tensor, nn

from ..losses import weighted_cross_entropy


@singledispatch
def pixel_losses(head: nn.Module, logits: Tensor, labels: Tensor, weights: Tensor) -> dict[str, Tensor]:
    """Losses of a decode head's output.

    Args:
        head: Where it comes from.
        logits: N,C,H,W at the image's size.
        labels: N,H,W int64.
        weights: N,H,W.

    Returns:
        By default ``loss_seg``, the mean over *all* pixels of the weighted cross entropy.
    """
    return dict(loss_seg=weighted_cross_entropy(logits, labels, weights, head.ignore_index))
