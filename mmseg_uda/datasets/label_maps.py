"""Raw label ids of the benchmarks -> the 19 Cityscapes train ids (255 = ignore)."""

from collections.abc import Mapping

import numpy as np

from mmseg_uda.errors import UserError

IGNORE = 255

# Cityscapes ids 0-6, 9, 10, 14-16, 18, 29 and 30 are not evaluated.
CITYSCAPES_ID_TO_TRAIN_ID: dict[int, int] = dict.fromkeys(range(34), IGNORE) | {
    7: 0,
    8: 1,
    11: 2,
    12: 3,
    13: 4,
    17: 5,
    19: 6,
    20: 7,
    21: 8,
    22: 9,
    23: 10,
    24: 11,
    25: 12,
    26: 13,
    27: 14,
    28: 15,
    31: 16,
    32: 17,
    33: 18,
}
# The licence plate has id -1, which an 8-bit file can only hold as 255.
CITYSCAPES_LABEL_IDS = CITYSCAPES_ID_TO_TRAIN_ID | {255: IGNORE}
# GTA5 writes the licence plate as 34.
GTA_LABEL_IDS = CITYSCAPES_ID_TO_TRAIN_ID | {34: IGNORE}
# 0 void, 13 parking, 14 road work, 16 terrain, 18 truck, 20 train, 22 lane marking: not shared
SYNTHIA_LABEL_IDS: dict[int, int] = dict.fromkeys((0, 13, 14, 16, 18, 20, 22), IGNORE) | {
    3: 0,
    4: 1,
    2: 2,
    21: 3,
    5: 4,
    7: 5,
    15: 6,
    9: 7,
    6: 8,
    1: 10,
    10: 11,
    17: 12,
    8: 13,
    19: 15,
    12: 17,
    11: 18,
}

# Mapillary Vistas v1.2, 66 ids, as evaluations of domain generalization map them (RobustNet, CVPR 2021,
# datasets/mapillary.py): general lane markings and manholes are road, curbs sidewalk; crosswalks, parking, bridges,
# guard rails, billboards, backs of signs, caravans and the like are ignored.
MAPILLARY_LABEL_IDS: dict[int, int] = dict.fromkeys(range(66), IGNORE) | {
    13: 0,
    24: 0,
    41: 0,
    2: 1,
    15: 1,
    17: 2,
    6: 3,
    3: 4,
    45: 5,
    47: 5,
    48: 6,
    50: 7,
    30: 8,
    29: 9,
    27: 10,
    19: 11,
    20: 12,
    21: 12,
    22: 12,
    55: 13,
    61: 14,
    54: 15,
    58: 16,
    57: 17,
    52: 18,
}

# IDD's labels in the order of their ids, with the Cityscapes train id that the authors give them ("csTrainId",
# github.com/AutoNUE/public-code, helpers/anue_labels.py). Ground beside the road that is no sidewalk is terrain.
_IDD_LABELS: dict[str, int] = {
    'road': 0,
    'parking': IGNORE,
    'drivable fallback': IGNORE,
    'sidewalk': 1,
    'rail track': IGNORE,
    'non-drivable fallback': 9,
    'person': 11,
    'animal': IGNORE,
    'rider': 12,
    'motorcycle': 17,
    'bicycle': 18,
    'autorickshaw': IGNORE,
    'car': 13,
    'truck': 14,
    'bus': 15,
    'caravan': IGNORE,
    'trailer': IGNORE,
    'train': 16,
    'vehicle fallback': IGNORE,
    'curb': IGNORE,
    'wall': 3,
    'fence': 4,
    'guard rail': IGNORE,
    'billboard': IGNORE,
    'traffic sign': 7,
    'traffic light': 6,
    'pole': 5,
    'polegroup': IGNORE,
    'obs-str-bar-fallback': IGNORE,
    'building': 2,
    'bridge': IGNORE,
    'tunnel': IGNORE,
    'vegetation': 8,
    'sky': 10,
    'fallback background': IGNORE,
    'unlabeled': IGNORE,
    'ego vehicle': IGNORE,
    'rectification border': IGNORE,
    'out of roi': IGNORE,
    'license plate': IGNORE,
}
IDD_IDS = {name: i for i, name in enumerate(_IDD_LABELS)}
IDD_UNLABELED = IDD_IDS['unlabeled']
IDD_LABEL_IDS = dict(enumerate(_IDD_LABELS.values()))

_MAX_ID = 2**16 - 1


def map_ids(raw: np.ndarray, class_map: Mapping[int, int], unknown: str = 'error') -> np.ndarray:
    """Apply ``class_map`` to a label.

    Args:
        raw: (H, W) integers in [0, 65535].
        class_map: raw id -> train id in [0, 255].
        unknown: ``'error'`` or ``'ignore'`` (255) for ids outside ``class_map``.

    Returns:
        (H, W) uint8.

    Raises:
        UserError: ``unknown='error'`` and there are such ids, or ids outside the range.
    """
    low, high = int(raw.min()), int(raw.max())
    if low < 0 or high > _MAX_ID:
        raise UserError(f'label ids reach from {low} to {high}, expected 0 to {_MAX_ID}')
    if unknown == 'error':
        present = np.flatnonzero(np.bincount(raw.ravel()))
        strangers = [int(i) for i in present if int(i) not in class_map]
        if strangers:
            raise UserError(f'unknown label ids {strangers}')
    table = np.full(high + 1, IGNORE, np.uint8)
    for raw_id, train_id in class_map.items():
        if 0 <= raw_id <= high:
            table[raw_id] = train_id
    return table[raw]
