"""Inter-pixel correlations: self-attended logits and the distance to them (Chung et al. 2021, "SAM")."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

CHUNK_ELEMENTS = 2**22
"""Elements of the attention map that exist at a time (16 MB in float32), whatever its size."""

KINDS = ('l1', 'kl', 'cosine')


def self_attend(projected: Tensor, values: Tensor) -> Tensor:
    """Every pixel's average of all pixels of its image, weighted by their similarity to it (Eq. 4-6).

    ``M`` holds the cosine similarities of the projected pixels, ``M'`` is ``ReLU(M)`` with rows that sum to 1, and
    the result is ``M' values``. The map has (h*w)^2 elements, 860 MB in float32 for a 1280x720 image at 1/8; it is
    computed in pieces of :data:`CHUNK_ELEMENTS`, and again in the backward pass, which is written out: kept are the
    two inputs and the output, O(h*w*C).

    Args:
        projected: N,D,h,w, e.g. the 1x1 convolution of the logits. Gradients flow into it.
        values: N,C,h,w. Gradients flow into them too; both may be the same tensor.

    Returns:
        N,C,h,w, float32 at least, also under autocast. A pixel whose projected vector is 0 is similar to none, not
        even to itself: its result is 0. Differentiable once.
    """
    with torch.autocast(values.device.type, enabled=False):
        dtype = torch.promote_types(values.dtype, torch.float32)
        unit = F.normalize(projected.to(dtype), dim=1)
        images = zip(_pixels(unit), _pixels(values.to(dtype)), strict=True)
        attended = torch.stack([_SelfAttend.apply(*image) for image in images])
    return attended.transpose(1, 2).reshape(values.shape)


def inter_pixel_loss(z: Tensor, attended: Tensor, kind: str = 'l1', reduction: str = 'mean') -> Tensor:
    """Distance of logits or features to their self-attended version, which is held constant (Eq. 8, 9; Supplement B).

    Args:
        z: N,C,h,w.
        attended: N,C,h,w: ``z'`` (Eq. 9) or ``z'' = z + z'`` (Eq. 8). Detached here.
        kind: ``'l1'``; ``'kl'``: KL(softmax(attended) || softmax(z)) of each pixel; ``'cosine'``: negative cosine
            similarity of each pixel's two vectors.
        reduction: ``'mean'`` over elements (L1) or pixels (the others), so that a weight means the same at every
            size; ``'sum'`` is the norm as printed.

    Returns:
        Scalar.

    Raises:
        ValueError: For another ``kind`` or ``reduction``.
    """
    attended = attended.detach()
    if kind == 'l1':
        distance = (z - attended).abs()
    elif kind == 'kl':
        distance = F.kl_div(z.log_softmax(1), attended.log_softmax(1), reduction='none', log_target=True).sum(dim=1)
    elif kind == 'cosine':
        distance = -F.cosine_similarity(z, attended, dim=1)
    else:
        raise ValueError(f'kind of distance is {kind!r}, expected one of {KINDS}')
    if reduction not in ('mean', 'sum'):
        raise ValueError(f"reduction is {reduction!r}, expected 'mean' or 'sum'")
    return distance.mean() if reduction == 'mean' else distance.sum()


def _pixels(x: Tensor) -> Tensor:
    """N,C,h,w to N,h*w,C."""
    return x.flatten(2).transpose(1, 2).contiguous()


def _row_chunks(pixels: int) -> Iterator[slice]:
    step = max(1, CHUNK_ELEMENTS // pixels)
    for first in range(0, pixels, step):
        yield slice(first, first + step)


class _SelfAttend(torch.autograd.Function):
    """One image: unit vectors n,D and values n,C to attended values n,C."""

    @staticmethod
    def forward(ctx, unit: Tensor, values: Tensor) -> Tensor:
        attended, totals = torch.empty_like(values), values.new_empty(len(values), 1)
        for rows in _row_chunks(len(values)):
            weights = (unit[rows] @ unit.T).relu_()
            totals[rows] = weights.sum(dim=1, keepdim=True)
            attended[rows] = weights @ values
        scale = torch.where(totals > 0, 1 / totals, 0)
        attended *= scale
        ctx.save_for_backward(unit, values, attended, scale)
        return attended

    @staticmethod
    @once_differentiable
    def backward(ctx, grad: Tensor) -> tuple[Tensor, Tensor]:
        # With R = ReLU(M), r its row sums, G the gradient of z' and g = G / r:
        #   d values = R^T g = R g, as R is symmetric
        #   d R_ij = g_i (z_j - z'_i) = g_i z_j - q_i,  q_i = g_i z'_i
        #   d unit = (dM + dM^T) unit,  dM = d R where R > 0; dM + dM^T is one product of columns put side by side
        unit, values, attended, scale = ctx.saved_tensors
        g = grad * scale
        q = (g * attended).sum(dim=1, keepdim=True)
        one = torch.ones_like(q)
        left, right = torch.cat([g, -q, values, one], dim=1), torch.cat([values, one, g, -q], dim=1)
        d_unit, d_values = torch.empty_like(unit), torch.empty_like(values)
        for rows in _row_chunks(len(values)):
            weights = (unit[rows] @ unit.T).relu_()
            d_values[rows] = weights @ g
            d_map = (left[rows] @ right.T).masked_fill_(weights == 0, 0)
            d_unit[rows] = d_map @ unit
        return d_unit, d_values
