"""Entropy of a prediction (ADVENT, Vu et al. 2019)."""

from torch import Tensor

from ..ops.self_information import self_information


def entropy_loss(prob: Tensor) -> Tensor:
    """Average the normalized entropy of all pixels (ADVENT, Eq. 2 divided by the number of pixels).

    Args:
        prob: Probabilities, N,C,H,W.

    Returns:
        Scalar in [0, 1].
    """
    return self_information(prob).sum(dim=1).mean()
