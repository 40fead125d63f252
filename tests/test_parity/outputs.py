"""Domain outputs made from stored logits and features, for tests of losses without a network."""

from types import SimpleNamespace

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from mmseg_uda.models import DomainOutput


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
    segmentor = SimpleNamespace(
        head=lambda level: lambda features: logits[level],
        upsample=lambda z, size, head: interpolate(z, size=tuple(size), mode='bilinear', align_corners=True),
    )
    samples = None
    output = DomainOutput(segmentor, domain, True, torch.empty(1, 3, *size), samples)
    output.logits, output.features = logits['decode'], ()
    if tap is not None:
        output.tap = tap
    return output
