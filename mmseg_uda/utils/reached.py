"""Parameters that a backward pass reaches without changing their gradients."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn


class _Reach(torch.autograd.Function):
    @staticmethod
    def forward(ctx, loss: Tensor, *parameters: Tensor) -> Tensor:
        ctx.count = len(parameters)
        return loss.clone()

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor | None, ...]:
        return gradient, *[None] * ctx.count


def reaching(loss: Tensor, parameters: Iterable[nn.Parameter]) -> Tensor:
    """Return ``loss`` so that its backward pass reaches the parameters, to whose gradients nothing is added.

    DistributedDataParallel averages a parameter's gradient when the last backward pass of a step reaches it, and waits
    for that for ever; a parameter that is part of earlier backward passes alone must be reached too. It costs nothing,
    unlike ``0 * parameter.sum()``.
    """
    return _Reach.apply(loss, *parameters)
