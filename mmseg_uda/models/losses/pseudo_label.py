"""Cross entropy on pseudo labels."""

import torch.nn.functional as F
from torch import Tensor


def pseudo_label_loss(logits: Tensor, labels: Tensor, ignore_index: int = 255) -> Tensor:
    """Average the cross entropy over the pixels that carry a label.

    MMSeg's default divides by all pixels, which shrinks the loss by the (often large) share of ignored ones.

    Args:
        logits: N,C,H,W at the labels' resolution.
        labels: N,H,W int64, ``ignore_index`` where there is none.
        ignore_index: Label to leave out.

    Returns:
        Scalar. Exactly 0, and connected to the graph, when no pixel is labelled.
    """
    loss = F.cross_entropy(logits, labels, ignore_index=ignore_index, reduction='sum')
    return loss / (labels != ignore_index).sum().clamp(min=1)
