"""Similarities of all pixels of one map to all pixels of another (PLCA, Kang et al. 2020).

Nothing here or in the files that use this holds a map of all pairs of pixels: rows are made in chunks
(:mod:`.chunks`), used, and overwritten. A chunk has its rows whole, so their mean, standard deviation, maximum and
softmax are exact and cost a few cheap passes over it.

Maps of one image are C,n with n pixels, the memory layout of C,h,w.
"""

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from mmseg_uda.errors import choice

from .chunks import row_chunks

EPS = 1e-10
"""In logarithms and beside standard deviations, as in PLCA's released code."""

TINY = 1e-12
"""Shorter vectors have no direction."""


class Cosine:
    """``<x / |x|, y / |y|>`` (PLCA, Eq. 1)."""

    symmetric = True

    @staticmethod
    def embed(x: Tensor) -> tuple[Tensor, Tensor]:
        """C,n to queries and keys C,n (here the same tensor) whose products are the similarities."""
        unit = x / _norm(x)
        return unit, unit

    @staticmethod
    def gradients(query: Tensor) -> tuple[Tensor, Tensor]:
        """Zeros to sum the gradients of :meth:`embed`'s results in."""
        total = torch.zeros_like(query)
        return total, total

    @staticmethod
    def pull_back(x: Tensor, query: Tensor, grad_query: Tensor, grad_key: Tensor) -> Tensor:
        """Gradient of x, C,n, from those of its queries and keys; ``grad_query`` is overwritten by it.

        A zero vector has no direction: its gradient is 0.
        """
        norm = _norm(x)
        return grad_query.addcmul_(query, products(query, grad_query), value=-1).mul_((norm > TINY) / norm)


class NegativeKL:
    """``-KL(x || y)`` of probabilities (PLCA, Eq. 9), less the term that depends on x alone.

    That term is the same in a whole row, so softmax, contrast and argmax of rows do not see it.
    """

    symmetric = False

    @staticmethod
    def embed(x: Tensor) -> tuple[Tensor, Tensor]:
        """C,n to queries and keys C,n whose products are the similarities."""
        return x, (x + EPS).log_()

    @staticmethod
    def gradients(query: Tensor) -> tuple[Tensor, Tensor]:
        """Zeros to sum the gradients of :meth:`embed`'s results in."""
        return torch.zeros_like(query), torch.zeros_like(query)

    @staticmethod
    def pull_back(x: Tensor, query: Tensor, grad_query: Tensor, grad_key: Tensor) -> Tensor:
        """Gradient of x, C,n, from those of its queries and keys; ``grad_query`` is overwritten by it."""
        return grad_query.addcdiv_(grad_key, x + EPS)


SIMILARITIES = dict(cosine=Cosine, kl=NegativeKL)


def similarity_of(name: str) -> type[Cosine] | type[NegativeKL]:
    """Look up a similarity by its name, ``'cosine'`` or ``'kl'``.

    Raises:
        UserError: Unknown name.
    """
    return SIMILARITIES[choice('similarity', name, SIMILARITIES)]


def contrast_(scores: Tensor) -> Tensor:
    """Normalize the contrast of rows, in place: subtract the mean, divide by the standard deviation (PLCA, Eq. 5, 6).

    Centred first: a variance from the mean square would cancel in float32.

    Args:
        scores: R,n similarities.

    Returns:
        R,1: one over the standard deviation, the factor of gradients since both statistics are detached.
    """
    scores.sub_(scores.mean(dim=1, keepdim=True))
    std = torch.linalg.vector_norm(scores, dim=1, keepdim=True) / max(1, scores.shape[1] - 1) ** 0.5
    scale = 1 / (std + EPS)
    scores.mul_(scale)
    return scale


def cosines(x: Tensor, y: Tensor) -> Tensor:
    """Cosine similarities of paired pixels: N,C,... and N,C,... to N,...

    A vector without a direction gets no gradient; torch would give it one over 1e-8 times that of others.
    """
    return cosine_similarity(_directed(x), _directed(y), dim=1)


def products(x: Tensor, y: Tensor) -> Tensor:
    """Multiply each pixel's two vectors (inner product), C,n and C,n to n, without a C,n map in between."""
    return sum((x[part] * y[part]).sum(dim=0) for part in row_chunks(*x.shape, x))


def _directed(x: Tensor) -> Tensor:
    """The same, with vectors that have no direction as constants."""
    length = torch.linalg.vector_norm(x.detach(), dim=1, keepdim=True)
    return torch.where(length > TINY, x, x.detach())


def _norm(x: Tensor) -> Tensor:
    return torch.linalg.vector_norm(x, dim=0).clamp_min(TINY)
