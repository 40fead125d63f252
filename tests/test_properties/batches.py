"""Strategies: small batches of logits and labels, ordinary and extreme."""

import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

CLASSES = 4
SIZE = (3, 5)
LARGEST = 1e6
"""Far beyond what a network's logits or a discriminator's scores reach."""

ORDINARY = st.floats(-8, 8, width=32)
EXTREME = st.sampled_from([-LARGEST, -1.0, -1e-30, 0.0, 1e-30, 1.0, LARGEST])


@st.composite
def maps(draw, images: int | None = None, channels: int = CLASSES, values=None) -> torch.Tensor:
    """N,C,3,5 float32: ordinary values, extreme ones, all equal, or one channel far above the others."""
    count = draw(st.integers(1, 3)) if images is None else images
    shape = (count, channels, *SIZE)
    kind = 'given' if values is not None else draw(st.sampled_from(['ordinary', 'extreme', 'equal', 'one-hot']))
    if kind == 'equal':
        return torch.full(shape, draw(EXTREME))
    if kind == 'one-hot':
        winners = torch.from_numpy(draw(hnp.arrays(np.int64, (count, *SIZE), elements=st.integers(0, channels - 1))))
        return LARGEST * torch.nn.functional.one_hot(winners, channels).movedim(-1, 1).float()
    elements = dict(given=values, ordinary=ORDINARY, extreme=EXTREME)[kind]
    return torch.from_numpy(draw(hnp.arrays(np.float32, shape, elements=elements)))


@st.composite
def labels(draw, images: int, ignored: bool = True) -> torch.Tensor:
    """N,3,5 int64 in [0, C), or 255."""
    ids = st.sampled_from([*range(CLASSES), 255]) if ignored else st.integers(0, CLASSES - 1)
    return torch.from_numpy(draw(hnp.arrays(np.int64, (images, *SIZE), elements=ids)))


@st.composite
def batches(draw, images: int | None = None) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Maps N,C,3,5, other maps of the same shape, and labels N,3,5."""
    first = draw(maps(images))
    return first, draw(maps(len(first))), draw(labels(len(first)))
