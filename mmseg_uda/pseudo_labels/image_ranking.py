"""Easy and hard images by entropy: IntraDA, Pan et al., CVPR 2020, Sec. 3.2."""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from mmseg_uda.errors import choice
from mmseg_uda.models.ops import self_information

RULES = ('rank', 'percentile')

RARE_CLASSES = (3, 4, 5, 6, 7, 9, 12, 14, 15, 16, 17)
"""Cityscapes train ids that the released code counts for its optional normalisation."""


def image_entropy(prob: Tensor) -> Tensor:
    """Ranking score of each image: the mean of its self-information maps over classes and pixels.

    Args:
        prob: Probabilities, N,C,H,W.

    Returns:
        N scores in [0, 1 / C].
    """
    return self_information(prob).mean(dim=(1, 2, 3))


def rare_class_factor(prob: Tensor, rare: Sequence[int] = RARE_CLASSES) -> Tensor:
    """Factor of the released code's ``--normalize``: images that show many rare classes rank as easier.

    Args:
        prob: Probabilities, N,C,H,W.
        rare: Train ids to count.

    Returns:
        N factors ``(R - r) / R + 0.5``, r of the R rare classes being predicted somewhere in the image.
    """
    predicted = prob.argmax(dim=1)
    found = sum((predicted == c).flatten(1).any(1).double() for c in rare)
    return (len(rare) - found) / len(rare) + 0.5


def split_images(scores: Sequence[float], portion: float, rule: str = 'rank') -> tuple[np.ndarray, np.ndarray]:
    """Split images into easy and hard ones.

    Args:
        scores: One score an image, low is easy.
        portion: Share of easy images (lambda), 0..1.
        rule: ``'rank'``: the first ``int(n * portion)`` of a stable sort, as released. ``'percentile'``: scores
            strictly below the ``100 * portion``-th percentile, as the paper says.

    Returns:
        Indices of the easy and of the hard images, each in rank order.

    Raises:
        UserError: For another rule.
    """
    scores = np.asarray(scores)
    order = np.argsort(scores, kind='stable')
    if choice('selector: rule', rule, RULES) == 'rank':
        count = int(len(scores) * portion)
    else:
        count = int((scores < np.percentile(scores, 100 * portion)).sum())
    return order[:count], order[count:]
