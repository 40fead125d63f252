"""Domain outputs made from stored logits and features, for tests of losses without a network."""

from types import SimpleNamespace

import torch
from torch import Tensor

from mmseg_uda.models import DomainOutput


class StoredHead:
    """A head that gives stored logits."""

    align_corners = True

    def __init__(self, logits: Tensor) -> None:
        self.logits = logits

    def __call__(self, features: tuple[Tensor, ...]) -> Tensor:
        return self.logits


def network_with(classes: int = 0, tap: int = 0) -> SimpleNamespace:
    """What adversaries ask of a network when they are set up: the channels of its logits and of its tap."""
    return SimpleNamespace(head=lambda level: SimpleNamespace(out_channels=classes), tap_channels=lambda: tap)


def output_from(
    domain: str,
    logits: dict[str, Tensor],
    size: tuple[int, int],
    tap: Tensor | None = None,
) -> DomainOutput:
    """A domain's output whose heads gave these logits and whose input had this size.

    Args:
        domain: ``'source'`` or ``'target'``.
        logits: Low-resolution logits by level (``'decode'``, ``'aux'``).
        size: (H, W) of the input.
        tap: Feature between backbone and neck.
    """
    heads = {level: StoredHead(z) for level, z in logits.items()}
    output = DomainOutput(heads, domain, True, torch.empty(1, 3, *size), None)
    output.logits, output.features = logits['decode'], ()
    if tap is not None:
        output.tap = tap
    return output
