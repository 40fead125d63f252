"""What a head's losses are made of, and the loss of labels with weights; MMSeg's ``loss_by_feat`` takes labels alone.

The latter is one cross entropy for all heads. A head whose training has more parts registers its own answer for its
class (``pixel_losses.register(Class, function)``).
"""

from functools import singledispatch
from typing import Any, NamedTuple

from torch import Tensor, nn

from ..losses import weighted_cross_entropy


class HeadOutput(NamedTuple):
    """What a head gives in training whose losses need more than its logits (HRDA's).

    Attributes:
        logits: N,C,h,w.
        extras: The rest, which only the head knows.
    """

    logits: Tensor
    extras: Any


@singledispatch
def pixel_losses(head: nn.Module, output: Tensor | HeadOutput, labels: Tensor, weights: Tensor) -> dict[str, Tensor]:
    """Losses of a decode head's output.

    Args:
        head: Where it comes from.
        output: Logits N,C,H,W at the image's size, with extras of a head that has some.
        labels: N,H,W int64.
        weights: N,H,W.

    Returns:
        By default ``loss_seg``, the mean over *all* pixels of the weighted cross entropy.
    """
    return dict(loss_seg=weighted_cross_entropy(output, labels, weights, head.ignore_index))
