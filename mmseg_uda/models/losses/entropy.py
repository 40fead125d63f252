"""Entropy of a prediction (ADVENT, Vu et al. 2019)."""

import math

from torch import Tensor

EPS = 1e-30
"""Keeps log2 finite at probability 0, as in ADVENT's released code."""


def self_information(prob: Tensor) -> Tensor:
    """Weighted self-information maps ``-p log2(p) / log2(C)`` (ADVENT, Sec. 3.2), what its discriminator sees.

    Args:
        prob: Probabilities, N,C,H,W.

    Returns:
        N,C,H,W, each value in [0, 1]; the sum over classes is the normalised entropy.
    """
    return -prob * (prob + EPS).log2() / math.log2(prob.shape[1])


def entropy_loss(prob: Tensor) -> Tensor:
    """Mean normalised entropy of all pixels (ADVENT, Eq. 2 divided by the number of pixels).

    Args:
        prob: Probabilities, N,C,H,W.

    Returns:
        Scalar in [0, 1].
    """
    return self_information(prob).sum(dim=1).mean()
