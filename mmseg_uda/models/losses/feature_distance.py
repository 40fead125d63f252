"""Distance of features from those of a network that does not learn (Hoyer et al., DAFormer, CVPR 2022, eq. 7-10)."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


def cell_labels(
    labels: Tensor, size: Sequence[int], num_classes: int, min_share: float = 0.75, ignore_index: int = 255
) -> Tensor:
    """Label the cells of a feature map, each with the class that most of its pixels have.

    Args:
        labels: N,H,W int64.
        size: (h, w) of the features; the cells are squares of W // w pixels.
        num_classes: C; labels are below it, or ``ignore_index``.
        min_share: A cell whose class covers a smaller share of it is ignored.
        ignore_index: Label of ignored pixels and cells.

    Returns:
        N,h,w int64; ties go to the lower class.
    """
    side = labels.shape[2] // size[1]
    known = torch.where(labels == ignore_index, num_classes, labels)
    shares = F.one_hot(known, num_classes + 1).permute(0, 3, 1, 2).float()
    share, cells = F.avg_pool2d(shares, side).max(dim=1)
    return torch.where((cells == num_classes) | (share < min_share), ignore_index, cells)


def masked_feature_distance(features: Tensor, reference: Tensor, mask: Tensor | None = None) -> Tensor:
    """Average the Euclidean distance of the cells' features from the reference's.

    Args:
        features: N,C,h,w.
        reference: N,C,h,w, constant.
        mask: Cells that count, N,h,w bool, averaged over the whole batch; None: all.

    Returns:
        Scalar; 0, and connected to the graph, where no cell counts.
    """
    precision = torch.promote_types(features.dtype, torch.float32)  # not autocast's
    distance = (features.to(precision) - reference.detach()).norm(dim=1)
    if mask is None:
        return distance.mean()
    return distance.where(mask, 0).sum() / mask.sum().clamp(min=1)
