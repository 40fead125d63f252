"""Pixel-level cycle association (PLCA, Kang et al. 2020, Sec. 3.2 and 3.4)."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn.functional import cosine_similarity

from .pixel_similarity import EPS, contrast_, row_chunks, similarity_of

OBJECTIVES = ('contrast', 'similarity')


class Cycles(NamedTuple):
    """Where each source pixel's cycle leads, by image; n and m are the pixels of source and target.

    Attributes:
        target: Most similar target pixel j* of each source pixel (Eq. 2), N,n.
        source: Most similar source pixel i* of that one (Eq. 3), N,n.
        valid: Whether the labels of start and end agree and are not ignored, N,n bool.
        log_prob: ``log(p(j* | i) p(i* | j*))``, softmax of contrast-normalised similarities, N,n.
    """

    target: Tensor
    source: Tensor
    valid: Tensor
    log_prob: Tensor


@torch.no_grad()
def find_cycles(
    source: Tensor,
    target: Tensor,
    labels: Tensor,
    similarity: str = 'cosine',
    ignore_index: int = 255,
) -> Cycles:
    """Follow every source pixel to its most similar target pixel and back.

    Arguments are those of :func:`cycle_association_loss`. Memory is linear in the number of pixels.
    """
    kind = similarity_of(similarity)
    found = []
    for xs, xt, label in zip(source.flatten(2), target.flatten(2), labels.flatten(1), strict=True):
        query_s, key_s = kind.embed(xs)
        query_t, key_t = kind.embed(xt)
        there, log_prob = _best_matches(query_s, key_t)
        reached, position = there.unique(return_inverse=True)
        back, log_prob_back = _best_matches(query_t[:, reached], key_s)
        back = back[position]
        valid = (label[back] == label) & (label != ignore_index)
        found.append((there, back, valid, log_prob + log_prob_back[position]))
    return Cycles(*map(torch.stack, zip(*found, strict=True)))


def cycle_association_loss(
    source: Tensor,
    target: Tensor,
    labels: Tensor,
    similarity: str = 'cosine',
    objective: str = 'contrast',
    ignore_index: int = 255,
) -> tuple[Tensor, Tensor]:
    """Pull the pixels of valid cycles together (Eq. 4-6 and 10), in memory linear in the number of pixels.

    The mean over the source pixels of all images whose cycle is valid. Pairs are made within (source image k, target
    image k). The probability of a best match is at least one over the number of pixels, so the released code's clamp of
    the logarithm at -100 never acts.

    Args:
        source: Features (``'cosine'``) or probabilities (``'kl'``), N,C,hs,ws.
        target: The same of the target images, N,C,ht,wt; usually aggregated (:func:`aggregate_spatially`).
        labels: Of the source at this resolution, N,hs,ws.
        similarity: ``'cosine'`` or ``'kl'`` (negative divergence; the row's pixel comes first).
        objective: ``'contrast'``: the paper's loss. ``'similarity'``: the negative mean of the two similarities' sum
            ("Sim-PLCA", Table 1).
        ignore_index: Label of pixels whose cycles do not count.

    Returns:
        The loss, exactly 0 with gradient 0 when no cycle is valid; and the valid pixels, N,hs,ws bool.

    Raises:
        ValueError: Unknown similarity or objective, or shapes that do not fit.
    """
    similarity_of(similarity)
    if objective not in OBJECTIVES:
        raise ValueError(f'objective is {objective!r}, expected one of {OBJECTIVES}')
    if source.shape[:2] != target.shape[:2] or labels.shape != source[:, 0].shape:
        raise ValueError(
            f'cycle association needs as many source as target images and labels at the resolution of the source: got '
            f'source {tuple(source.shape)}, target {tuple(target.shape)}, labels {tuple(labels.shape)}'
        )
    dtype = torch.promote_types(source.dtype, torch.float32)
    source, target = source.to(dtype), target.to(dtype)
    with torch.autocast(source.device.type, enabled=False):
        if objective == 'contrast':
            loss, valid = _Associate.apply(source, target, labels, similarity, ignore_index)
        else:
            loss, valid = _plain_similarity(source, target, labels, similarity, ignore_index)
    return loss, valid.view_as(labels)


def nearest_labels(labels: Tensor, size: Sequence[int]) -> Tensor:
    """Labels at a lower resolution: row i of h takes row ``floor(i * H / h)``, as the released code.

    Args:
        labels: N,H,W.
        size: (h, w).

    Returns:
        N,h,w.
    """
    rows, columns = (
        torch.arange(new, device=labels.device) * old // new for old, new in zip(labels.shape[1:], size, strict=True)
    )
    return labels[:, rows[:, None], columns]


class _Associate(Function):
    """Forward keeps where cycles lead; backward computes the similarities of the pixels on valid ones again."""

    @staticmethod
    def forward(ctx, source, target, labels, similarity, ignore_index):
        cycles = find_cycles(source, target, labels, similarity, ignore_index)
        ctx.save_for_backward(source, target, cycles.target, cycles.source, cycles.valid)
        ctx.similarity = similarity
        ctx.mark_non_differentiable(cycles.valid)
        loss = (-cycles.log_prob[cycles.valid]).sum() / cycles.valid.sum().clamp(min=1)
        return loss, cycles.valid

    @staticmethod
    @once_differentiable
    def backward(ctx, grad, _):
        source, target, *cycles, valid = ctx.saved_tensors
        grads = [torch.zeros_like(x, memory_format=torch.contiguous_format) for x in (source, target)]
        weight = grad / valid.sum().clamp(min=1)
        with torch.autocast(source.device.type, enabled=False):
            maps = (x.flatten(2) for x in (source, target, *grads))
            for image in zip(*maps, *cycles, valid, strict=True):
                _image_backward(*image, weight, similarity_of(ctx.similarity))
        return *grads, None, None, None


def _image_backward(source, target, grad_source, grad_target, there, back, valid, weight, similarity):
    kept = valid.nonzero().squeeze(1)
    if not len(kept):
        return
    query_s, key_s = similarity.embed(source)
    query_t, key_t = similarity.embed(target)
    grad_query_s, grad_key_s = similarity.gradients(query_s)
    grad_query_t, grad_key_t = similarity.gradients(query_t)
    # The way there of every kept source pixel; the way back of every target pixel reached, as often as it was.
    _match_backward(query_s, key_t, kept, there[kept], weight.expand(len(kept)), grad_query_s, grad_key_t)
    reached, position, counts = there[kept].unique(return_inverse=True, return_counts=True)
    ends = torch.empty_like(reached).scatter_(0, position, back[kept])
    _match_backward(query_t, key_s, reached, ends, weight * counts, grad_query_t, grad_key_s)
    grad_source.copy_(similarity.pull_back(source, query_s, grad_query_s, grad_key_s))
    grad_target.copy_(similarity.pull_back(target, query_t, grad_query_t, grad_key_t))


def _best_matches(query: Tensor, key: Tensor) -> tuple[Tensor, Tensor]:
    """Index of the most similar key of each query and the log of its probability; queries C,r and keys C,n."""
    indices, log_probs, buffer = [], [], None
    for rows in row_chunks(query.shape[1], key.shape[1], key):
        size = rows.stop - rows.start
        if buffer is None:
            buffer = key.new_empty(size, key.shape[1])
        scores = torch.mm(query[:, rows].t(), key, out=buffer[:size])
        indices.append(scores.argmax(dim=1))
        contrast_(scores)
        scores.sub_(scores.gather(1, indices[-1][:, None]))
        log_probs.append(scores.exp_().sum(dim=1).log_().neg_())
    return torch.cat(indices), torch.cat(log_probs)


def _match_backward(query, key, rows, matches, weight, grad_query, grad_key):
    """Add the gradients of ``-sum_r weight_r log p(match_r | row_r)`` to those of queries and keys.

    With mean and standard deviation detached, d(-log p_j*) / d S_j = (p_j - [j = j*]) / std.
    """
    n = key.shape[1]
    buffers = None
    for part in row_chunks(len(rows), n, key):
        size = part.stop - part.start
        if buffers is None:
            buffers = [key.new_empty(size, n) for _ in range(2)]
        q = query[:, rows[part]]
        scores = torch.mm(q.t(), key, out=buffers[0][:size])
        factor = contrast_(scores).mul_(weight[part, None])
        prob = torch.softmax(scores, dim=1, out=buffers[1][:size]).mul_(factor)
        prob[torch.arange(size, device=prob.device), matches[part]] -= factor[:, 0]
        grad_query.index_add_(1, rows[part], key @ prob.t())
        grad_key.addmm_(q, prob)


def _plain_similarity(source, target, labels, similarity, ignore_index):
    """Sim-PLCA's objective and the valid pixels."""
    cycles = find_cycles(source, target, labels, similarity, ignore_index)
    total = source.sum() * 0 + target.sum() * 0
    for x, y, there, back, valid in zip(source.flatten(2), target.flatten(2), *cycles[:3], strict=True):
        start, middle, end = x[:, valid], y[:, there[valid]], x[:, back[valid]]
        total = total - (_similarity(start, middle, similarity) + _similarity(middle, end, similarity)).sum()
    return total / cycles.valid.sum().clamp(min=1), cycles.valid


def _similarity(x: Tensor, y: Tensor, similarity: str) -> Tensor:
    """Similarities of paired pixels: C,k and C,k to k."""
    if similarity == 'cosine':
        return cosine_similarity(x, y, dim=0)
    return -(x * ((x + EPS).log() - (y + EPS).log())).sum(dim=0)
