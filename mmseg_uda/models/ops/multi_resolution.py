"""Maps of a whole image at low and of parts of it at high resolution (Hoyer et al., HRDA, ECCV 2022)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from mmseg.models.utils import resize
from torch import Tensor

Box = tuple[int, int, int, int]
"""Rows and columns y1, y2, x1, x2; the ends are not part of it."""


@dataclass(frozen=True)
class Views:
    """Which parts of an image are seen in detail.

    Attributes:
        size: (H, W) of the image in pixels.
        boxes: The parts, all of one size.
        drawn: Whether they are one random crop, so that most of the image is not seen in detail; windows cover it.
    """

    size: tuple[int, int]
    boxes: Sequence[Box]
    drawn: bool

    def scaled(self, size: Sequence[int]) -> list[Box]:
        """The boxes in a map of the image that has this size (h, w)."""
        (height, width), (h, w) = self.size, size
        return [(y1 * h // height, y2 * h // height, x1 * w // width, x2 * w // width) for y1, y2, x1, x2 in self.boxes]


def crop(maps: Tensor, box: Box) -> Tensor:
    """Cut a box out of maps ...,H,W."""
    y1, y2, x1, x2 = box
    return maps[..., y1:y2, x1:x2]


def windows(size: Sequence[int], window: Sequence[int], stride: Sequence[int]) -> list[Box]:
    """Boxes that cover an image of ``size`` (H, W), row by row; those at the far borders overlap more."""
    starts = []
    for side, length, step in zip(size, window, stride, strict=True):
        count = max(side - length + step - 1, 0) // step + 1
        ends = [min(i * step + length, side) for i in range(count)]
        starts.append([(max(end - length, 0), end) for end in ends])
    return [(*rows, *columns) for rows in starts[0] for columns in starts[1]]


def draw_box(size: Sequence[int], window: Sequence[int], divisible: int) -> Box:
    """A random box whose offsets are multiples of ``divisible``, from NumPy's generator.

    As in the released code, the last offset that fits is never drawn. A side that leaves no choice is not drawn at all.

    Args:
        size: (H, W) of the image.
        window: (h, w) of the box; where it is larger than the image, the image's.
        divisible: Pixels; boxes must fall on cells of the low-resolution maps.
    """
    box = []
    for side, length in zip(size, window, strict=True):
        length = min(length, side)
        places = (side - length + 1) // divisible
        start = np.random.randint(0, places) * divisible if places else 0
        box += [start, start + length]
    return tuple(int(value) for value in box)


def stitch(maps: Tensor, boxes: Sequence[Box], size: Sequence[int]) -> Tensor:
    """Put maps of boxes where they belong; 0 where there is none, the mean where boxes overlap.

    Args:
        maps: K * N,C,h,w: the first box of all images, then the next.
        boxes: K boxes in the result, h x w each.
        size: (H, W) of the result.

    Returns:
        N,C,H,W.
    """
    count = len(maps) // len(boxes)
    canvas = maps.new_zeros(count, maps.shape[1], *size)
    seen = maps.new_zeros(1, 1, *size)
    for box, part in zip(boxes, maps.split(count), strict=True):
        crop(canvas, box).add_(part)
        crop(seen, box).add_(1)
    return canvas / seen.clamp(min=1)


def fuse(context: Tensor, detail: Tensor, attention: Tensor | float, views: Views) -> tuple[Tensor, Tensor]:
    """Trust the detail as far as the attention says, the context for the rest.

    Args:
        context: Low-resolution logits of the image, N,C,h,w.
        detail: Logits of the boxes, K * N,C,h',w', see :func:`stitch`.
        attention: N,C,h,w or N,1,h,w in [0, 1], or a constant. Outside a drawn box it is 0.
        views: The boxes.

    Returns:
        Logits at the detail's resolution, N,C,H',W', and the share of them that is the context's, N,C,h,w.
    """
    y1, y2, x1, x2 = views.boxes[0]
    size = (views.size[0] * detail.shape[2] // (y2 - y1), views.size[1] * detail.shape[3] // (x2 - x1))
    attention = torch.as_tensor(attention, dtype=context.dtype, device=context.device)
    if views.drawn:
        inside = torch.zeros_like(context[:1, :1])
        crop(inside, views.scaled(context.shape[2:])[0]).fill_(1)
        attention = attention * inside
    attention = attention.expand(context.shape)
    context = (1 - attention) * context
    upsampled, rest = (resize(maps, size, mode='bilinear', align_corners=False) for maps in (attention, context))
    return upsampled * stitch(detail, views.scaled(size), size) + rest, context
