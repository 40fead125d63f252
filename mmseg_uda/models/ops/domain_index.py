"""How hard a pixel is (PixIntraDA, Yan et al. 2021, Eq. 7)."""

import torch
from torch import Tensor


def domain_index(confidence: Tensor, hard: Tensor) -> Tensor:
    """Compute the continuous domain index Z: 0 on easy pixels, ``1 - max_k y_k`` on hard ones (Eq. 7).

    Args:
        confidence: Largest probability of the model that made the pseudo labels, N,H,W in [0, 1].
        hard: N,H,W bool.

    Returns:
        N,H,W in [0, 1 - 1 / C].
    """
    return torch.where(hard, 1 - confidence, 0.0)
