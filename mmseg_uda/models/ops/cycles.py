"""Cycles from source to target pixels and back (PLCA, Kang et al. 2020, Sec. 3.2)."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from .chunks import row_chunks
from .pixel_similarity import contrast_, similarity_of


class Cycles(NamedTuple):
    """Where each source pixel's cycle leads, by image; n and m are the pixels of source and target.

    Attributes:
        target: Most similar target pixel j* of each source pixel (Eq. 2), N,n int64 in [0, m).
        source: Most similar source pixel i* of that one (Eq. 3), N,n int64 in [0, n).
        log_prob: ``log(p(j* | i) p(i* | j*))``, at most 0, with p the softmax of contrast-normalized similarities
            (Eq. 4-6 and 10), N,n.
    """

    target: Tensor
    source: Tensor
    log_prob: Tensor


def find_cycles(source: Tensor, target: Tensor, similarity: str = 'cosine') -> Cycles:
    """Follow every source pixel to its most similar target pixel and back, within (source image k, target image k).

    Memory is linear in the number of pixels. The backward pass is written out; it computes again the similarities of
    those pixels alone whose ``log_prob`` has a gradient.

    Args:
        source: Features (``'cosine'``) or probabilities (``'kl'``), N,C,hs,ws. Gradients flow into them.
        target: The same of the target images, N,C,ht,wt. Gradients flow into them too.
        similarity: ``'cosine'`` or ``'kl'`` (negative divergence; the row's pixel comes first).

    Returns:
        The cycles, computed in float32 at least, autocast or not. Differentiable once; mean and standard deviation of
        the contrast normalization are constants for gradients.

    Raises:
        UserError: Unknown similarity.
    """
    similarity_of(similarity)
    dtype = torch.promote_types(source.dtype, torch.float32)
    with torch.autocast(source.device.type, enabled=False):
        return Cycles(*_FindCycles.apply(source.to(dtype), target.to(dtype), similarity))


class _FindCycles(Function):
    @staticmethod
    def forward(ctx, source, target, similarity):
        kind = similarity_of(similarity)
        found = [_follow(*image, kind) for image in zip(source.flatten(2), target.flatten(2), strict=True)]
        there, back, log_prob = map(torch.stack, zip(*found, strict=True))
        ctx.save_for_backward(source, target, there, back)
        ctx.kind = kind
        ctx.mark_non_differentiable(there, back)
        return there, back, log_prob

    @staticmethod
    @once_differentiable
    def backward(ctx, _, __, grad):
        source, target, there, back = ctx.saved_tensors
        grads = [torch.zeros_like(x, memory_format=torch.contiguous_format) for x in (source, target)]
        with torch.autocast(source.device.type, enabled=False):
            maps = (x.flatten(2) for x in (source, target, *grads))
            for image in zip(*maps, there, back, grad, strict=True):
                _image_backward(*image, ctx.kind)
        return *grads, None


def _follow(source, target, kind):
    """Targets, ends and log-probabilities of the cycles of one image."""
    query_s, key_s = kind.embed(source)
    query_t, key_t = kind.embed(target)
    there, log_prob = _best_matches(query_s, key_t)
    reached, position = there.unique(return_inverse=True)
    back, log_prob_back = _best_matches(query_t[:, reached], key_s)
    return there, back[position], log_prob + log_prob_back[position]


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


def _image_backward(source, target, grad_source, grad_target, there, back, weight, kind):
    """Write the gradients of ``sum_i weight_i log_prob_i`` of one image."""
    kept = weight.nonzero().squeeze(1)
    if not len(kept):
        return
    query_s, key_s = kind.embed(source)
    query_t, key_t = kind.embed(target)
    grad_query_s, grad_key_s = kind.gradients(query_s)
    grad_query_t, grad_key_t = kind.gradients(query_t)
    # The way there of every kept source pixel; the way back of every target pixel reached, as often as it was.
    _match_backward(query_s, key_t, kept, there[kept], weight[kept], grad_query_s, grad_key_t)
    reached, position = there[kept].unique(return_inverse=True)
    ends = torch.empty_like(reached).scatter_(0, position, back[kept])
    total = weight.new_zeros(len(reached)).index_add_(0, position, weight[kept])
    _match_backward(query_t, key_s, reached, ends, total, grad_query_t, grad_key_s)
    grad_source.copy_(kind.pull_back(source, query_s, grad_query_s, grad_key_s))
    grad_target.copy_(kind.pull_back(target, query_t, grad_query_t, grad_key_t))


def _match_backward(query, key, rows, matches, weight, grad_query, grad_key):
    """Add the gradients of ``sum_r weight_r log p(match_r | row_r)`` to those of queries and keys.

    With mean and standard deviation detached, d log p_j* / d S_j = ([j = j*] - p_j) / std.
    """
    n = key.shape[1]
    buffers = None
    for part in row_chunks(len(rows), n, key):
        size = part.stop - part.start
        if buffers is None:
            buffers = [key.new_empty(size, n) for _ in range(2)]
        q = query[:, rows[part]]
        scores = torch.mm(q.t(), key, out=buffers[0][:size])
        factor = contrast_(scores).mul_(-weight[part, None])
        prob = torch.softmax(scores, dim=1, out=buffers[1][:size]).mul_(factor)
        prob[torch.arange(size, device=prob.device), matches[part]] -= factor[:, 0]
        grad_query.index_add_(1, rows[part], key @ prob.t())
        grad_key.addmm_(q, prob)
