"""Pixel-level intra-domain adversarial losses (PixIntraDA, Yan et al. 2021, Eq. 6-8; no code was released).

Target pixels with a pseudo label are easy, those without one are hard (the mask M of Eq. 2). A discriminator scores
every pixel, and the segmentor makes its hard pixels look easy. Scores are maps N,H,W at the size of the labels.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from mmseg_uda.errors import choice

REDUCTIONS = ('hard', 'all', 'sum')


def over_hard_pixels(values: Tensor, hard: Tensor, reduction: str = 'hard') -> Tensor:
    """Sum over hard pixels, divided by their number or by that of all pixels.

    Args:
        values: Finite, N,H,W.
        hard: N,H,W bool.
        reduction: ``'hard'``: mean over hard pixels; ``'all'``: divided by N*H*W; ``'sum'``.

    Returns:
        Scalar. Exactly 0, and connected to the graph, when no pixel is hard.

    Raises:
        UserError: For another reduction.
    """
    choice('reduction', reduction, REDUCTIONS)
    total = (values * hard).sum()
    if reduction == 'sum':
        return total
    if reduction == 'hard':
        return total / hard.sum().clamp(min=1)
    return total / hard.numel()


def pla_discriminator_loss(score: Tensor, hard: Tensor) -> Tensor:
    """Tell hard pixels (1) from easy ones by binary cross entropy: what Eq. 6 stands for, the discriminator's half.

    Args:
        score: Raw scores, N,H,W.
        hard: N,H,W bool.

    Returns:
        Scalar, mean over all pixels.
    """
    return F.binary_cross_entropy_with_logits(score, hard.to(score.dtype))


def pla_segmentor_loss(score: Tensor, hard: Tensor, reduction: str = 'hard') -> Tensor:
    """Make hard pixels look easy by ``-log(1 - D)``: what the segmentor's half of Eq. 6 stands for.

    Args:
        score: Raw scores, N,H,W.
        hard: N,H,W bool.
        reduction: See :func:`over_hard_pixels`.

    Returns:
        Scalar.
    """
    values = F.binary_cross_entropy_with_logits(score, torch.zeros_like(score), reduction='none')
    return over_hard_pixels(values, hard, reduction)


def pla_printed_losses(score: Tensor, hard: Tensor) -> tuple[Tensor, Tensor]:
    """Take Eq. 6 to the letter: logarithms of *sums* of probabilities over an image's easy or hard pixels.

    Their gradient shrinks with the size of the image, and they are negative without bound. An image without hard (or
    easy) pixels would give ``-log 0``; that term is left out.

    Args:
        score: Raw scores, N,H,W.
        hard: N,H,W bool.

    Returns:
        The discriminator's and the segmentor's term of each image, both N.
    """
    # Half precision is too coarse for sums over an image.
    score = score.to(torch.promote_types(score.dtype, torch.float32))
    hard_as_hard = _log_of_sum(F.logsigmoid(score), hard)
    easy_as_easy = _log_of_sum(F.logsigmoid(-score), ~hard)
    hard_as_easy = _log_of_sum(F.logsigmoid(-score), hard)
    return -hard_as_hard - easy_as_easy, -hard_as_easy


def _log_of_sum(log_values: Tensor, mask: Tensor) -> Tensor:
    """Per image, log of the sum of masked values; 0 with zero gradients where nothing is masked."""
    empty = ~mask.flatten(1).any(dim=1)
    counted = mask | empty.view(-1, 1, 1)  # logsumexp of nothing would have NaN gradients
    total = log_values.masked_fill(~counted, -torch.inf).flatten(1).logsumexp(dim=1)
    return torch.where(empty, 0.0 * total, total)


def cts_discriminator_loss(score: Tensor, index: Tensor, reduction: str = 'mean') -> Tensor:
    """Regress the scores towards the domain index (Eq. 8).

    Args:
        score: Scores, N,H,W.
        index: :func:`~mmseg_uda.models.ops.domain_index`, N,H,W in [0, 1].
        reduction: ``'mean'`` over all pixels, or ``'sum'`` (the squared Frobenius norm as printed).

    Returns:
        Scalar.
    """
    dtype = torch.promote_types(score.dtype, index.dtype)  # under autocast the index keeps its precision
    return F.mse_loss(score.to(dtype), index.to(dtype), reduction=reduction)


def cts_segmentor_loss(score: Tensor, hard: Tensor, reduction: str = 'hard') -> Tensor:
    """Make hard pixels look easy by their squared scores (Eq. 8).

    Args:
        score: Scores, N,H,W.
        hard: N,H,W bool.
        reduction: See :func:`over_hard_pixels`; ``'sum'`` is the squared Frobenius norm as printed.

    Returns:
        Scalar.
    """
    return over_hard_pixels(F.mse_loss(score, torch.zeros_like(score), reduction='none'), hard, reduction)
