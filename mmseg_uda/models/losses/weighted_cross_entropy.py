"""Cross entropy with a weight for each pixel (DACS and its successors)."""

import torch.nn.functional as F
from torch import Tensor


def weighted_cross_entropy(
    logits: Tensor, labels: Tensor, weights: Tensor | None = None, ignore_index: int = 255
) -> Tensor:
    """Average the weighted cross entropy over *all* pixels, those that are ignored or weigh 0 included.

    Without weights it is what MMSeg's ``CrossEntropyLoss`` is by default, ``avg_non_ignore=False``.

    Args:
        logits: N,C,H,W at the labels' resolution.
        labels: N,H,W int64.
        weights: N,H,W; None: 1 everywhere.
        ignore_index: Label whose pixels have no loss.

    Returns:
        Scalar.
    """
    loss = F.cross_entropy(logits, labels, ignore_index=ignore_index, reduction='none')
    return (loss if weights is None else loss * weights).mean()
