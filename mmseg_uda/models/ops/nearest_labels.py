"""Label maps at the resolution of a feature."""

from collections.abc import Sequence

import torch
from torch import Tensor


def nearest_labels(labels: Tensor, size: Sequence[int]) -> Tensor:
    """Resize labels by nearest neighbor: row i of h takes row ``floor(i * H / h)``, as PLCA's released code.

    Args:
        labels: N,H,W of any type.
        size: (h, w) in cells.

    Returns:
        N,h,w.
    """
    rows, columns = (
        torch.arange(new, device=labels.device) * old // new for old, new in zip(labels.shape[1:], size, strict=True)
    )
    return labels[:, rows[:, None], columns]
