"""IDD's polygons, drawn as an image of ids."""

import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from ..label_maps import IDD_IDS, IDD_UNLABELED


def read_idd_polygons(path: Path) -> np.ndarray:
    """Ids (H, W), uint8, of a ``*_gtFine_polygons.json``: later polygons over earlier ones, the rest unlabeled.

    Raises:
        ValueError: not such a file, or a label that IDD does not have.
    """
    try:
        content = json.loads(path.read_text(encoding='utf-8'))
        size = (int(content['imgWidth']), int(content['imgHeight']))
        objects = [(entry['label'], entry['polygon']) for entry in content['objects'] if not entry.get('deleted')]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f'expected the polygons of an image as JSON, with imgWidth and imgHeight ({error!r})'
        ) from error
    drawing = Image.new('L', size, IDD_UNLABELED)
    pen = ImageDraw.Draw(drawing)
    for label, polygon in objects:
        # a crowd is annotated as one: "cargroup"
        known = label if label in IDD_IDS else label.removesuffix('group')
        if known not in IDD_IDS:
            raise ValueError(f'unknown label {label!r}')
        pen.polygon([tuple(point) for point in polygon], fill=IDD_IDS[known])
    return np.asarray(drawing)
