"""Spatial aggregation of PLCA (Kang et al. 2020, Sec. 3.3): each pixel mixed with the pixels similar to it."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from mmseg_uda.errors import UserError

from .chunks import blocks, row_chunks
from .pixel_similarity import contrast_, products, similarity_of


def aggregate_spatially(
    maps: Tensor,
    similarity: str = 'cosine',
    ratio: float = 0.5,
    contrast: bool = True,
) -> Tensor:
    """Mix every pixel with those similar to it, ``(1 - ratio) x_j + ratio sum_j' w_jj' x_j'`` (Eq. 7, 8).

    Within each image; differentiable, also through ``w``. Memory is linear in the number of pixels, forward and
    backward; the backward pass is written out.

    Args:
        maps: Features (``'cosine'``) or probabilities (``'kl'``), N,C,h,w.
        similarity: ``'cosine'`` or ``'kl'``; ``w`` is the softmax of a pixel's similarities to all pixels.
        ratio: Share of what is mixed in, in [0, 1].
        contrast: Whether similarities are normalized before the softmax (mean and standard deviation are detached).

    Returns:
        N,C,h,w in the type of ``maps``, computed in float32 at least. Differentiable once.

    Raises:
        UserError: Unknown similarity, or a ratio outside [0, 1].
    """
    similarity_of(similarity)
    if not 0 <= ratio <= 1:
        raise UserError(f'ratio of the spatial aggregation is {ratio}, expected 0 to 1')
    if ratio == 0:
        return maps
    exact = maps.to(torch.promote_types(maps.dtype, torch.float32))
    with torch.autocast(maps.device.type, enabled=False):
        if torch.onnx.is_in_onnx_export():
            return _aggregate_at_once(exact, similarity, ratio, contrast).to(maps.dtype)
        return _Aggregate.apply(exact, similarity, ratio, contrast).to(maps.dtype)


def _aggregate_at_once(maps: Tensor, similarity: str, ratio: float, contrast: bool) -> Tensor:
    """The same with all pairs of pixels in memory: an exported graph has no loop over pieces of unknown number."""
    kind = similarity_of(similarity)

    def of_image(x: Tensor) -> Tensor:
        query, key = kind.embed(x)
        scores = query.t() @ key
        if contrast:
            contrast_(scores)
        return x @ scores.softmax(dim=1).t()

    mixed = torch.vmap(of_image)(maps.flatten(2)).view_as(maps)
    return (1 - ratio) * maps + ratio * mixed


class _Aggregate(Function):
    @staticmethod
    def forward(ctx, maps, similarity, ratio, contrast):
        kind = similarity_of(similarity)
        result = torch.empty_like(maps, memory_format=torch.contiguous_format)
        # What gives a row of weights again from its similarities: their factor, and the weight of the pixel itself.
        scales, own = (maps.new_ones(len(maps), maps[0, 0].numel()) for _ in range(2))
        for x, out, scale, weight in zip(maps.flatten(2), result.flatten(2), scales, own, strict=True):
            query, key = kind.embed(x)
            for rows, weights, factor in _weights(query, key, contrast):
                out[:, rows] = x @ weights.t()
                weight[rows] = weights[:, rows].diagonal()
                if contrast:
                    scale[rows] = factor[:, 0]
        result.mul_(ratio).add_(maps, alpha=1 - ratio)
        ctx.save_for_backward(maps, result, scales, own)
        ctx.kind, ctx.ratio, ctx.contrast = kind, ratio, contrast
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx, grad):
        # With G the gradient of the result, o = w x what was mixed in, and everything but the factor `ratio`:
        #   d x_j = sum_i w_ij G_i, and through the weights
        #   d S_ij = scale_i w_ij (G_i x_j - G_i o_i), where ratio * o = result - (1 - ratio) x.
        maps, result, scales, own = ctx.saved_tensors
        keep = 1 - ctx.ratio
        grads = torch.empty_like(maps, memory_format=torch.contiguous_format)
        images = (t.flatten(2) for t in (maps, result, grad, grads))
        with torch.autocast(maps.device.type, enabled=False):
            for x, y, g, out, scale, weight in zip(*images, scales, own, strict=True):
                inner = (products(g, y) - keep * products(g, x)) / ctx.ratio
                query, key = ctx.kind.embed(x)
                grad_query, grad_key = ctx.kind.gradients(query)
                out.zero_()
                if ctx.kind.symmetric:
                    _backward_blocks(x, g, inner, query, scale, weight, out, grad_query)
                else:
                    _backward_rows(x, g, inner, query, key, ctx.contrast, out, grad_query, grad_key)
                out.add_(ctx.kind.pull_back(x, query, grad_query, grad_key)).mul_(ctx.ratio).add_(g, alpha=keep)
        return grads, None, None, None


def _weights(query: Tensor, key: Tensor, contrast: bool) -> Iterator[tuple[slice, Tensor, Tensor | None]]:
    """Yield rows, their weights R,n and the factor of their similarities' gradients; memory is reused."""
    buffers = None
    for rows in row_chunks(key.shape[1], key.shape[1], key):
        size = rows.stop - rows.start
        if buffers is None:
            buffers = [key.new_empty(size, key.shape[1]) for _ in range(2)]
        scores = torch.mm(query[:, rows].t(), key, out=buffers[0][:size])
        factor = contrast_(scores) if contrast else None
        yield rows, torch.softmax(scores, dim=1, out=buffers[1][:size]), factor


def _backward_rows(x, g, inner, query, key, contrast, grad_x, grad_query, grad_key) -> None:
    """Add the gradients of one image, row by row."""
    buffer = None
    for rows, weights, factor in _weights(query, key, contrast):
        if buffer is None:
            buffer = torch.empty_like(weights)
        grad_x.addmm_(g[:, rows], weights)
        d_scores = torch.mm(g[:, rows].t(), x, out=buffer[: len(weights)])
        d_scores.sub_(inner[rows, None]).mul_(weights)
        if factor is not None:
            d_scores.mul_(factor)
        grad_query[:, rows] += key @ d_scores.t()
        grad_key.addmm_(query[:, rows], d_scores)


def _backward_blocks(x, g, inner, unit, scale, own, grad_x, grad_unit) -> None:
    """The same for symmetric similarities: a block serves its rows and, mirrored, its columns, at 0.7 of the products.

    Weights are ``exp(scale_i S_ij - shift_i)``, where the shift follows from ``own``, the weight w_ii.
    """
    shift = scale * products(unit, unit) - own.log()
    scale, shift, inner = scale[:, None], shift[:, None], inner[:, None]
    for rows, columns in blocks(x.shape[1], x):
        scores = unit[:, rows].t() @ unit[:, columns]
        weights = (scores * scale[rows]).sub_(shift[rows]).clamp_(max=0).exp_()
        d_scores = (g[:, rows].t() @ x[:, columns]).sub_(inner[rows]).mul_(weights).mul_(scale[rows])
        grad_x[:, columns].addmm_(g[:, rows], weights)
        if rows == columns:
            grad_unit[:, rows].addmm_(unit[:, rows], d_scores + d_scores.t())
            continue
        mirrored = scores.mul_(scale[columns].t()).sub_(shift[columns].t()).clamp_(max=0).exp_()
        grad_x[:, rows].addmm_(g[:, columns], mirrored.t())
        other = torch.mm(x[:, rows].t(), g[:, columns], out=weights)
        d_scores.add_(other.sub_(inner[columns].t()).mul_(mirrored).mul_(scale[columns].t()))
        grad_unit[:, rows].addmm_(unit[:, columns], d_scores.t())
        grad_unit[:, columns].addmm_(unit[:, rows], d_scores)
