"""PLCA's maps in a few lines on whole maps of all pairs, with torch's own gradients: what the fast forms must equal."""

import torch
from torch import Tensor
from torch.nn.functional import normalize

EPS = 1e-10
VARIANTS = [('cosine', True), ('cosine', False), ('kl', False), ('kl', True)]
"""Similarity, and whether the aggregation normalizes its contrast."""


def maps(similarity: str, size: tuple[int, int], seed: int = 0, dtype=torch.double, count: int = 2) -> Tensor:
    """Features or probabilities, count,6,h,w."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(count, 6, *size, generator=generator, dtype=torch.double)
    return (x.relu() + 0.1 if similarity == 'cosine' else (3 * x).softmax(dim=1)).to(dtype).requires_grad_()


def similarities(x: Tensor, y: Tensor, similarity: str) -> Tensor:
    """Eq. 1 and 9: N,C,n and N,C,m to N,n,m."""
    if similarity == 'cosine':
        return normalize(x, dim=1).mT @ normalize(y, dim=1)
    return x.mT @ (y + EPS).log() - (x * (x + EPS).log()).sum(dim=1)[:, :, None]


def contrast(scores: Tensor) -> Tensor:
    """Eq. 5 and 6."""
    mean, std = scores.mean(dim=2, keepdim=True), scores.std(dim=2, keepdim=True)
    return (scores - mean.detach()) / (std.detach() + EPS)


def aggregate(x: Tensor, similarity: str, ratio: float, normalized: bool) -> Tensor:
    """Eq. 7 and 8: N,C,h,w to N,C,h,w."""
    pixels = x.flatten(2)
    scores = similarities(pixels, pixels, similarity)
    weights = (contrast(scores) if normalized else scores).softmax(dim=2)
    return ((1 - ratio) * pixels + ratio * pixels @ weights.mT).view_as(x)


def cycle_log_probs(source: Tensor, target: Tensor, similarity: str) -> Tensor:
    """Eq. 2 to 6: N,C,hs,ws and N,C,ht,wt to N,hs*ws."""
    source, target = source.flatten(2), target.flatten(2)
    there, back = similarities(source, target, similarity), similarities(target, source, similarity)
    middle = there.argmax(dim=2)
    end = back.argmax(dim=2).gather(1, middle)
    log_there, log_back = (contrast(scores).log_softmax(dim=2) for scores in (there, back))
    pixels = torch.arange(source.shape[2])
    image = torch.arange(len(source))[:, None]
    return log_there[image, pixels, middle] + log_back[image, middle, end]
