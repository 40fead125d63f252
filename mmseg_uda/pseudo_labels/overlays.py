"""Pictures for a first look at pseudo labels."""

from collections.abc import Sequence

import mmcv
import numpy as np

from mmseg_uda.visualization.painting import blend, colour_labels


def overlay(img_path: str, label: np.ndarray, palette: Sequence[Sequence[int]]) -> np.ndarray:
    """Blend an image with the colours of its labels, half and half.

    Args:
        img_path: The image; it is resized to the label's size.
        label: uint8 labels (H, W); ignored pixels (255) are shown at half brightness.
        palette: RGB colour of each class, 0 to 255.

    Returns:
        uint8 BGR image (H, W, 3).
    """
    height, width = label.shape
    image = mmcv.imresize(mmcv.imread(img_path), (width, height), interpolation='area')
    return blend(image, colour_labels(label, palette)[..., ::-1], opacity=0.5)
