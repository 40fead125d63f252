"""Entropy maps (ADVENT, Vu et al. 2019)."""

import math

from torch import Tensor

EPS = 1e-30
"""Keeps log2 finite at probability 0, as in ADVENT's released code."""


def self_information(prob: Tensor) -> Tensor:
    """Compute the weighted self-information ``-p log2(p) / log2(C)`` (ADVENT, Sec. 3.2), what its discriminator sees.

    Args:
        prob: Probabilities, N,C,H,W.

    Returns:
        N,C,H,W, each value in [0, 1]; the sum over classes is the normalized entropy.
    """
    return -prob * (prob + EPS).log2() / math.log2(prob.shape[1])
