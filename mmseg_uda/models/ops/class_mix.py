"""ClassMix: half of the source's classes pasted on target images (Tranheden et al., DACS, WACV 2021)."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

ClassesFrom = Literal['batch', 'image']


def candidate_classes(labels: Tensor, classes_from: ClassesFrom = 'batch') -> list[Tensor]:
    """Values that each image's classes are drawn from, in ascending order.

    The ignored label is a value like any other, as in the released code: where it is drawn, unlabelled source pixels
    are pasted.

    Args:
        labels: Source labels, N,H,W.
        classes_from: ``'image'``: the values of the image's own labels (DACS); ``'batch'``: those of all images, so
            that an image may receive next to nothing (DAFormer, HRDA, MIC).

    Returns:
        N tensors, K int64 each.
    """
    if classes_from == 'batch':
        return [labels.unique()] * len(labels)
    return [label.unique() for label in labels]


def choose_classes(candidates: Tensor, order: Tensor) -> Tensor:
    """The first half of the candidates in a drawn order; half of an odd number is rounded up.

    Args:
        candidates: K values.
        order: A permutation of 0 to K - 1, as of :func:`torch.randperm`.

    Returns:
        ceil(K / 2) values.
    """
    return candidates[order[: (len(candidates) + 1) // 2].to(candidates.device)]


def class_mask(labels: Tensor, chosen: Sequence[Tensor]) -> Tensor:
    """Where the label of an image is one of the values chosen for it.

    Args:
        labels: N,H,W.
        chosen: Values for each of the N images.

    Returns:
        N,H,W bool.
    """
    return torch.stack([torch.isin(label, values) for label, values in zip(labels, chosen, strict=True)])


def paste(mask: Tensor, source: Tensor, target: Tensor) -> Tensor:
    """Source where the mask is set, target elsewhere; images N,C,H,W or maps N,H,W, the mask N,H,W bool."""
    return torch.where(mask if source.dim() == 3 else mask.unsqueeze(1), source, target)
