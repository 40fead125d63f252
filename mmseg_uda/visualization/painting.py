"""Labels in colour, and laid over the image they belong to."""

from collections.abc import Sequence

import numpy as np


def colour_labels(label: np.ndarray, palette: Sequence[Sequence[int]]) -> np.ndarray:
    """Paint each class in its colour.

    Args:
        label: (H, W) class ids; ids without a colour (255, ignored) become black.
        palette: RGB of each class, 0 to 255.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    colours = np.zeros((256, 3), np.uint8)
    colours[: len(palette)] = np.asarray(palette, np.uint8)
    return colours[label.astype(np.uint8)]


def blend(image: np.ndarray, painting: np.ndarray, opacity: float) -> np.ndarray:
    """Lay a painting over an image.

    Args:
        image: (H, W, 3) uint8.
        painting: (H, W, 3) uint8, same channel order.
        opacity: Weight of the painting in [0, 1]; 1 hides the image.

    Returns:
        (H, W, 3) uint8.

    Raises:
        ValueError: ``opacity`` is out of range, or the sizes differ.
    """
    if not 0 <= opacity <= 1:
        raise ValueError(f'opacity is {opacity}, expected a number from 0 to 1')
    if image.shape != painting.shape:
        raise ValueError(f'the image is {image.shape}, the painting {painting.shape}')
    mixed = opacity * painting.astype(np.float32) + (1 - opacity) * image
    return mixed.round().astype(np.uint8)
