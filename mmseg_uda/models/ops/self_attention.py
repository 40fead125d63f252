"""Self-attention without learned values: pixels averaged by their similarities (SAM, Chung et al. 2021, Eq. 4-6)."""

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from .chunks import row_chunks

EPS = 1e-12
"""Sums of weights below it are those of vectors without a direction."""


def self_attend(projected: Tensor, values: Tensor) -> Tensor:
    """Average all pixels of an image for every pixel of it, weighted by their similarity to that one.

    ``M`` holds the cosine similarities of the projected pixels, ``M'`` is ``ReLU(M)`` with rows that sum to 1, and
    the result is ``M' values``. The map has (h*w)^2 elements, 860 MB in float32 for a 1280x720 image at 1/8; it is made
    in pieces (:mod:`.chunks`), and again in the backward pass, so that memory is O(h*w*C).

    Args:
        projected: N,D,h,w, e.g. the 1x1 convolution of the logits. Gradients flow into it.
        values: N,C,h,w. Gradients flow into them too; both may be the same tensor.

    Returns:
        N,C,h,w, float32 at least, also under autocast. A pixel whose projected vector is 0 is similar to none, not
        even to itself: its result is 0.
    """
    with torch.autocast(values.device.type, enabled=False):
        dtype = torch.promote_types(values.dtype, torch.float32)
        images = zip(_pixels(F.normalize(projected.to(dtype), dim=1)), _pixels(values.to(dtype)), strict=True)
        attended = torch.stack([_attend(*image) for image in images])
    return attended.transpose(1, 2).reshape(values.shape)


def _pixels(x: Tensor) -> Tensor:
    """N,C,h,w to N,h*w,C."""
    return x.flatten(2).transpose(1, 2).contiguous()


def _attend(unit: Tensor, values: Tensor) -> Tensor:
    """One image: unit vectors n,D and values n,C to attended values n,C."""
    parts = row_chunks(len(unit), len(unit), unit)
    options = dict(use_reentrant=False, preserve_rng_state=False)
    return torch.cat([checkpoint(_attend_rows, unit[rows], unit, values, **options) for rows in parts])


def _attend_rows(queries: Tensor, unit: Tensor, values: Tensor) -> Tensor:
    weights = (queries @ unit.T).relu_()
    return weights @ values / weights.sum(dim=1, keepdim=True).clamp_min(EPS)
