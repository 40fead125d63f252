"""Pictures as files: the names and encodings of GTA5, SYNTHIA-RAND-CITYSCAPES and Cityscapes."""

from io import BytesIO

import cv2
import numpy as np
from PIL import Image

from .classes import CITYSCAPES_IDS, SYNTHIA_IDS, colour_map
from .scene import Picture

CITIES = {'train': 'minitown', 'val': 'miniburg', 'test': 'miniford'}
"""The one city folder of each Cityscapes split."""


def _png(array: np.ndarray) -> bytes:
    """Encode a grey or BGR array as PNG."""
    return cv2.imencode('.png', array, [cv2.IMWRITE_PNG_COMPRESSION, 2])[1].tobytes()


def _palette_png(ids: np.ndarray) -> bytes:
    """Encode ids with the Cityscapes colours, as GTA5's labels are (PIL mode 'P')."""
    image = Image.fromarray(ids)
    image.putpalette(colour_map().tobytes())
    buffer = BytesIO()
    image.save(buffer, format='PNG', compress_level=2)
    return buffer.getvalue()


def gta_files(picture: Picture, split: str, index: int) -> dict[str, bytes]:
    """GTA5: numbered from 1; labels are palette PNGs of Cityscapes ids, 34 a licence plate."""
    name = f'{index + 1:05d}.png'
    return {
        f'images/{name}': _png(picture.rgb[..., ::-1]),
        f'labels/{name}': _palette_png(picture.labels),
    }


def synthia_files(picture: Picture, split: str, index: int) -> dict[str, bytes]:
    """SYNTHIA: numbered from 0; labels are 16-bit, class id in R, instance id in G, B empty.

    OpenCV, which orders channels BGR, reads the class id from channel 2.
    """
    name = f'{index:07d}.png'
    labels = np.zeros((*picture.labels.shape, 3), np.uint16)
    labels[..., 2] = SYNTHIA_IDS[picture.labels]
    labels[..., 1] = picture.instances
    return {f'RGB/{name}': _png(picture.rgb[..., ::-1]), f'GT/LABELS/{name}': _png(labels)}


def cityscapes_files(picture: Picture, split: str, index: int) -> dict[str, bytes]:
    """Cityscapes: ``<split>/<city>/<city>_<sequence>_<frame>_*``; labels are labelIds."""
    city = CITIES[split]
    stem = f'{split}/{city}/{city}_{index:06d}_000019'
    return {
        f'leftImg8bit/{stem}_leftImg8bit.png': _png(picture.rgb[..., ::-1]),
        f'gtFine/{stem}_gtFine_labelIds.png': _png(CITYSCAPES_IDS[picture.labels]),
    }
