"""Labels as pictures."""

from collections.abc import Sequence

import numpy as np

IGNORE_INDEX = 255


def paint_labels(label: np.ndarray, palette: Sequence[Sequence[int]]) -> np.ndarray:
    """Colour each pixel by its class.

    Args:
        label: (H, W) uint8 ids; 255 and ids without a colour become black.
        palette: RGB colour of each class, 0 to 255.

    Returns:
        (H, W, 3) uint8 in OpenCV's channel order, BGR.
    """
    colours = np.zeros((IGNORE_INDEX + 1, 3), np.uint8)
    colours[: len(palette)] = np.asarray(palette, np.uint8)[:, ::-1]
    return colours[label]


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
