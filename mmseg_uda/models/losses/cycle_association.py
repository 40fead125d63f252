"""Pixel-level cycle association (PLCA, Kang et al. 2020, Sec. 3.2 and 3.4)."""

import torch
from torch import Tensor

from mmseg_uda.errors import UserError, choice

from ..ops.cycles import find_cycles
from ..ops.pixel_similarity import EPS, cosines, similarity_of

OBJECTIVES = ('contrast', 'similarity')


def cycle_association_loss(
    source: Tensor,
    target: Tensor,
    labels: Tensor,
    similarity: str = 'cosine',
    objective: str = 'contrast',
    ignore_index: int = 255,
) -> tuple[Tensor, Tensor]:
    """Pull the pixels of valid cycles together (Eq. 4-6 and 10), in memory linear in the number of pixels.

    A cycle is valid if the labels of its start and its end agree and are not ignored. The loss is the mean over the
    source pixels of all images whose cycle is valid. Pairs are made within (source image k, target image k). The
    probability of a best match is at least one over the number of pixels, so the released code's clamp of the
    logarithm at -100 never acts.

    Args:
        source: Features (``'cosine'``) or probabilities (``'kl'``), N,C,hs,ws.
        target: The same of the target images, N,C,ht,wt; usually aggregated
            (:func:`~mmseg_uda.models.ops.aggregate_spatially`).
        labels: Of the source at this resolution, N,hs,ws.
        similarity: ``'cosine'`` or ``'kl'`` (negative divergence; the row's pixel comes first).
        objective: ``'contrast'``: the paper's loss. ``'similarity'``: the negative mean of the two similarities' sum
            ("Sim-PLCA", Table 1).
        ignore_index: Label of pixels whose cycles do not count.

    Returns:
        The loss, exactly 0 with gradient 0 when no cycle is valid; and the valid pixels, N,hs,ws bool.

    Raises:
        UserError: Unknown similarity or objective, or shapes that do not fit.
    """
    similarity_of(similarity)
    choice('objective', objective, OBJECTIVES)
    if source.shape[:2] != target.shape[:2] or labels.shape != source[:, 0].shape:
        raise UserError(
            f'cycle association needs as many source as target images and labels at the resolution of the source: got '
            f'source {tuple(source.shape)}, target {tuple(target.shape)}, labels {tuple(labels.shape)}'
        )
    cycles = find_cycles(source, target, similarity)
    start = labels.flatten(1)
    valid = (start.gather(1, cycles.source) == start) & (start != ignore_index)
    gain = cycles.log_prob
    if objective == 'similarity':
        first, middle, last = _pixels(source), _pixels(target, cycles.target), _pixels(source, cycles.source)
        gain = _similarity(first, middle, similarity) + _similarity(middle, last, similarity)
    loss = -torch.where(valid, gain, 0).sum() / valid.sum().clamp(min=1)
    return loss, valid.view_as(labels)


def _pixels(maps: Tensor, indices: Tensor | None = None) -> Tensor:
    """N,C,h,w to all pixels, or to those of the indices N,n: N,C,n in float32 at least."""
    pixels = maps.flatten(2).to(torch.promote_types(maps.dtype, torch.float32))
    return pixels if indices is None else pixels.gather(2, indices[:, None].expand(-1, pixels.shape[1], -1))


def _similarity(x: Tensor, y: Tensor, similarity: str) -> Tensor:
    """Similarities of paired pixels: N,C,n and N,C,n to N,n."""
    if similarity == 'cosine':
        return cosines(x, y)
    return -(x * ((x + EPS).log() - (y + EPS).log())).sum(dim=1)
