"""Where a head's maps lie on the image.

The maps of most heads span it, and MMSeg's heads say nothing about it: that is the default of these functions. A head
whose maps reach beyond the image registers its own answers for its class (``upsample.register(Class, function)``).
"""

from collections.abc import Sequence
from functools import singledispatch

from mmseg.models.utils import resize
from torch import Tensor, nn


@singledispatch
def spans_image(head: nn.Module) -> bool:
    """Whether the maps of this head span the image, no less and no more."""
    return True


@singledispatch
def upsample(head: nn.Module, logits: Tensor, size: Sequence[int]) -> Tensor:
    """Bring a head's logits to the image the way the head does it; a no-op when they have that size.

    Args:
        head: Where they come from.
        logits: N,C,h,w.
        size: (H, W) of the network's input.

    Returns:
        N,C,H,W; by default bilinear with the head's ``align_corners``.
    """
    size = tuple(size)
    if tuple(logits.shape[2:]) == size:
        return logits
    return resize(logits, size=size, mode='bilinear', align_corners=head.align_corners, warning=False)


@singledispatch
def on_image(head: nn.Module, maps: Tensor, size: Sequence[int], index: int | None = None) -> Tensor:
    """Leave out the cells whose centers do not lie on the image.

    Args:
        head: Which reads these features, or whose logits these are.
        maps: N,D,h,w.
        size: (H, W) of the network's input.
        index: Which of the backbone's (or neck's) outputs the maps are; None: the head's logits.

    Returns:
        N,D,h',w'; by default the maps themselves.
    """
    return maps
