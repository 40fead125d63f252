"""Label maps and attention as pictures."""

import base64
import io

import matplotlib
import numpy as np
from PIL import Image

HEAT_COLOURS = 'magma'


def heat_map(values: np.ndarray, size: tuple[int, int], largest: float) -> np.ndarray:
    """Paint a non-negative map, dark for 0 and bright for ``largest``.

    Args:
        values: (h, w) float.
        size: (H, W) of the picture; the map is resized bilinearly.
        largest: Value of the brightest colour; not positive means that the map is all dark.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    resized = Image.fromarray(values.astype(np.float32)).resize(size[::-1], Image.Resampling.BILINEAR)
    scaled = np.asarray(resized) / largest if largest > 0 else np.zeros(size)
    return matplotlib.colormaps[HEAT_COLOURS](np.clip(scaled, 0, 1), bytes=True)[..., :3]


def data_uri(image: np.ndarray) -> str:
    """A picture (H, W, 3) uint8 RGB as a PNG inside a ``data:`` address, for HTML without files beside it."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format='PNG', optimize=True)
    return 'data:image/png;base64,' + base64.b64encode(buffer.getvalue()).decode()
