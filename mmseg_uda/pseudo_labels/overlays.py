"""Pictures for a first look at pseudo labels."""

from collections.abc import Mapping

import mmcv
import numpy as np

from mmseg_uda.visualization.captions import with_legend
from mmseg_uda.visualization.painting import blend, colour_labels


def overlay(img_path: str, label: np.ndarray, metainfo: Mapping) -> np.ndarray:
    """Blend an image with the colours of its labels, half and half, with a legend of the classes below.

    Args:
        img_path: The image; it is resized to the label's size.
        label: uint8 labels (H, W); ignored pixels (255) are shown at half brightness.
        metainfo: ``classes``, and ``palette`` with the RGB colour of each, 0 to 255.

    Returns:
        uint8 BGR image (h, w, 3), h above H.
    """
    height, width = label.shape
    image = mmcv.imresize(mmcv.imread(img_path, channel_order='rgb'), (width, height), interpolation='area')
    picture = blend(image, colour_labels(label, metainfo['palette']), opacity=0.5)
    return with_legend(picture, metainfo['classes'], metainfo['palette'])[..., ::-1]
