"""Model outputs -> the label ids in which the Cityscapes benchmark server wants predictions."""

from collections.abc import Sequence

import numpy as np

from mmseg_uda.datasets.class_subsets import CITYSCAPES_19
from mmseg_uda.datasets.label_maps import CITYSCAPES_ID_TO_TRAIN_ID, IGNORE
from mmseg_uda.errors import UserError

_LABEL_IDS = {
    CITYSCAPES_19[train_id]: label_id for label_id, train_id in CITYSCAPES_ID_TO_TRAIN_ID.items() if train_id != IGNORE
}


def server_id_table(classes: Sequence[str]) -> np.ndarray:
    """Look-up table from a model's outputs to Cityscapes label ids (road 7 ... bicycle 33).

    Args:
        classes: The model's classes in the order of its outputs: the 19, or fewer of them (a 16-class SYNTHIA model).

    Returns:
        (256,) uint8, to be indexed with a uint8 prediction; 0 ("unlabeled") for 255 and for ids that are no class.

    Raises:
        UserError: A class is none of Cityscapes' 19.
    """
    strangers = [name for name in classes if name not in _LABEL_IDS]
    if strangers:
        raise UserError(
            f'Cityscapes has no label id for {", ".join(strangers)}; server ids exist for {", ".join(_LABEL_IDS)}'
        )
    table = np.zeros(256, np.uint8)
    table[: len(classes)] = [_LABEL_IDS[name] for name in classes]
    return table
