"""Cosine similarity loss of MaxCos (Chung et al., "Maximizing Cosine Similarity Between Spatial Features for
Unsupervised Domain Adaptation in Semantic Segmentation", WACV 2022, Eq. 9 and 10)."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn.functional import normalize

from mmseg_uda.errors import choice

from ..ops.chunks import row_chunks

REDUCTIONS = ('mean', 'sum', 'mean_all')


class SimilarityLoss(NamedTuple):
    """Result of :func:`cosine_similarity_loss`.

    Attributes:
        loss: Scalar, connected to the target features.
        selected: Similarities above the threshold, by class, C int64.
        compared: All similarities, by class, C int64.
    """

    loss: Tensor
    selected: Tensor
    compared: Tensor


def cosine_similarity_loss(
    target: Tensor,
    labels: Tensor,
    source: Sequence[Tensor],
    threshold: float,
    reduction: str = 'mean',
) -> SimilarityLoss:
    """Pull target features towards those source features of their class that are similar already.

    ``1/C * sum_c l_c`` over all C classes, where ``l_c`` sums ``1 - m`` over the similarities ``m > threshold`` between
    the target and the source features of class c. Classes without any contribute 0. Similarities are computed in
    float32 at least, autocast or not.

    For each class present, its target features are multiplied with its source features, in pieces
    (:mod:`~mmseg_uda.models.ops.chunks`). The gradient is made along with them, so that none are kept: beyond the
    inputs, memory is two copies of ``target``, the source features of one class and a few chunks.

    Args:
        target: Features, M,D. Gradients flow to them alone.
        labels: Their classes, M int64 in [0, C).
        source: Source features of each class, n_c,D; n_c may be 0.
        threshold: Similarities strictly above it are selected, in [-1, 1).
        reduction: ``'mean'`` divides ``l_c`` by the number of selected similarities, ``'mean_all'`` by that of all
            similarities of the class, ``'sum'`` (Eq. 10 to the letter) by nothing.

    Returns:
        The loss, differentiable once, and counts; exactly 0, with gradient 0, when nothing is selected.

    Raises:
        UserError: For another ``reduction``.
    """
    choice('reduction of the cosine similarity loss', reduction, REDUCTIONS)
    dtype = torch.promote_types(target.dtype, torch.float32)
    with torch.autocast(target.device.type, enabled=False):
        unit = normalize(target.to(dtype), dim=1, eps=1e-12)
        return SimilarityLoss(*_PullSelected.apply(unit, labels, source, threshold, reduction))


class _PullSelected(Function):
    """The loss on unit target features, with its gradient ``-sum of the selected source features`` made in forward."""

    @staticmethod
    def forward(ctx, target, labels, source, threshold, reduction):
        num_classes = len(source)
        grad = torch.zeros_like(target)
        total = target.new_zeros(num_classes)
        selected, compared = (labels.new_zeros(num_classes) for _ in range(2))
        for c in labels.unique().tolist():
            indices = (labels == c).nonzero().squeeze(1)
            if not len(source[c]):
                continue
            keys = normalize(source[c].to(target.dtype), dim=1, eps=1e-12)
            for part in row_chunks(len(indices), len(keys), keys):
                rows = indices[part]
                similarity = target[rows] @ keys.T
                chosen = similarity > threshold
                selected[c] += chosen.sum()
                total[c] += torch.where(chosen, 1 - similarity, 0).sum()
                grad[rows] = -(chosen.to(keys.dtype) @ keys)
            compared[c] = len(indices) * len(keys)
        weight = total.new_full((num_classes,), 1 / num_classes)
        if reduction != 'sum':
            weight = weight / (selected if reduction == 'mean' else compared).clamp(min=1)
        # A vector without a direction is still one after normalization; its gradient would be divided by 1e-12.
        directed = torch.linalg.vector_norm(target, dim=1) > 0.5
        ctx.save_for_backward(grad.mul_((weight[labels] * directed).unsqueeze(1)))
        ctx.mark_non_differentiable(selected, compared)
        return (weight * total).sum(), selected, compared

    @staticmethod
    @once_differentiable
    def backward(ctx, grad_loss, *_):
        (grad,) = ctx.saved_tensors
        return grad_loss * grad, None, None, None, None
