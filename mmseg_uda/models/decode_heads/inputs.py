"""Which features a head reads."""

from torch import nn


def read_indices(head: nn.Module) -> list[int]:
    """Which of the backbone's (or neck's) outputs a head reads, in its order; the last is the deepest as a rule."""
    return [head.in_index] if isinstance(head.in_index, int) else list(head.in_index)
