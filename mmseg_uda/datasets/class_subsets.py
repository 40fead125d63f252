"""The classes of the field's benchmarks, as names, in the order of the Cityscapes train ids.

GTA5 -> Cityscapes is scored on 19 classes. SYNTHIA shares 16 of them (no terrain, truck, train);
its 13-class protocol also leaves out wall, fence and pole.
"""

from collections.abc import Sequence

from mmseg.datasets import CityscapesDataset

from mmseg_uda.errors import UserError, choice

CITYSCAPES_19 = CityscapesDataset.METAINFO['classes']
SYNTHIA_16 = tuple(name for name in CITYSCAPES_19 if name not in ('terrain', 'truck', 'train'))
SYNTHIA_13 = tuple(name for name in SYNTHIA_16 if name not in ('wall', 'fence', 'pole'))

CLASS_SUBSETS = dict(CITYSCAPES_19=CITYSCAPES_19, SYNTHIA_16=SYNTHIA_16, SYNTHIA_13=SYNTHIA_13)


def resolve_classes(classes: str | Sequence[str]) -> list[str]:
    """Class names from a list of names or from the name of a subset (``'SYNTHIA_16'``).

    Configs are plain text and cannot import, so they may name a subset instead of repeating it.

    Raises:
        UserError: the subset is not known, or a class is named twice.
    """
    if isinstance(classes, str):
        classes = CLASS_SUBSETS[choice('a subset of classes', classes, CLASS_SUBSETS)]
    names = list(classes)
    if len(set(names)) != len(names):
        raise UserError(f'classes are named twice in {names}')
    return names
