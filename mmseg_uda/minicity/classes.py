"""Class ids of a MiniCity scene: those of Cityscapes, and how SYNTHIA and GTA5 write them."""

from typing import NamedTuple

import numpy as np


class SceneClass(NamedTuple):
    """One class of the scene: Cityscapes id, SYNTHIA id (0 is void) and Cityscapes colour (RGB)."""

    id: int
    synthia: int
    colour: tuple[int, int, int]


EGO, OUT_OF_ROI, STATIC, LICENSE_PLATE = 1, 3, 4, 34

TRAIN_CLASSES = {
    'road': SceneClass(7, 3, (128, 64, 128)),
    'sidewalk': SceneClass(8, 4, (244, 35, 232)),
    'building': SceneClass(11, 2, (70, 70, 70)),
    'wall': SceneClass(12, 21, (102, 102, 156)),
    'fence': SceneClass(13, 5, (190, 153, 153)),
    'pole': SceneClass(17, 7, (153, 153, 153)),
    'traffic light': SceneClass(19, 15, (250, 170, 30)),
    'traffic sign': SceneClass(20, 9, (220, 220, 0)),
    'vegetation': SceneClass(21, 6, (107, 142, 35)),
    'terrain': SceneClass(22, 16, (152, 251, 152)),
    'sky': SceneClass(23, 1, (70, 130, 180)),
    'person': SceneClass(24, 10, (220, 20, 60)),
    'rider': SceneClass(25, 17, (255, 0, 0)),
    'car': SceneClass(26, 8, (0, 0, 142)),
    'truck': SceneClass(27, 18, (0, 0, 70)),
    'bus': SceneClass(28, 19, (0, 60, 100)),
    'train': SceneClass(31, 20, (0, 80, 100)),
    'motorcycle': SceneClass(32, 12, (0, 0, 230)),
    'bicycle': SceneClass(33, 11, (119, 11, 32)),
}
"""The 19 classes of Cityscapes, in the order of their train ids."""

SYNTHIA_ABSENT = ('terrain', 'truck', 'train')
"""The three classes that the 16-class SYNTHIA protocol lacks."""

ID = {name: spec.id for name, spec in TRAIN_CLASSES.items()}


def _table(values: dict[int, int], default: int) -> np.ndarray:
    table = np.full(256, default, np.uint8)
    for key, value in values.items():
        table[key] = value
    return table


CITYSCAPES_IDS = np.arange(256, dtype=np.uint8)
"""Scene id -> labelIds: Cityscapes folds a licence plate into its car."""
CITYSCAPES_IDS[LICENSE_PLATE] = ID['car']

SYNTHIA_IDS = _table({spec.id: spec.synthia for spec in TRAIN_CLASSES.values()}, default=0)
"""Scene id -> SYNTHIA class id."""
SYNTHIA_IDS[LICENSE_PLATE] = TRAIN_CLASSES['car'].synthia

TRAIN_IDS = _table({spec.id: i for i, spec in enumerate(TRAIN_CLASSES.values())}, default=255)
"""Scene id -> train id, 255 for void; used for the statistics only, converters have their own."""


def colour_map() -> np.ndarray:
    """Cityscapes colours of the scene ids, (256, 3) uint8 RGB; void is black."""
    colours = np.zeros((256, 3), np.uint8)
    for spec in TRAIN_CLASSES.values():
        colours[spec.id] = spec.colour
    return colours
