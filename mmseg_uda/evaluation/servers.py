"""What the servers of benchmarks take: which images, labelled in which ids, in which files of a zip."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from zipfile import ZipFile

import cv2
import numpy as np
from torch import Tensor

from mmseg_uda.datasets.class_subsets import CITYSCAPES_19
from mmseg_uda.datasets.label_maps import CITYSCAPES_ID_TO_TRAIN_ID, IGNORE
from mmseg_uda.errors import UserError
from mmseg_uda.utils.files import written_aside
from mmseg_uda.utils.image_files import find_images

LABEL_IDS = {
    CITYSCAPES_19[train_id]: label_id for label_id, train_id in CITYSCAPES_ID_TO_TRAIN_ID.items() if train_id != IGNORE
}
"""Cityscapes label ids: road 7 ... bicycle 33."""
TRAIN_IDS = {name: train_id for train_id, name in enumerate(CITYSCAPES_19)}


def labels_alone(label: np.ndarray, logits: Tensor) -> dict[str, np.ndarray]:
    """One file an image, at the top of the zip."""
    return {'': label}


def labels_and_confidence(label: np.ndarray, logits: Tensor) -> dict[str, np.ndarray]:
    """Three folders, for the IoU that knows uncertainty (UIoU) too.

    Confidences are the largest probabilities, uint16, 65535 for 1. No pixel is declared invalid (255): the UIoU of such
    labels is their IoU.
    """
    confidence = (logits.softmax(dim=0).amax(dim=0) * 65535).round().cpu().numpy().astype(np.uint16)
    return {'labelTrainIds/': label, 'labelTrainIds_invalid/': label, 'confidence/': confidence}


@dataclass(frozen=True)
class Server:
    """A benchmark's server.

    Attributes:
        name: for messages.
        images: pattern of the test images' paths below the data set's root.
        ids: class name -> id in the files.
        files: label (H, W) uint8 in those ids, logits (C, H, W) -> what goes into the zip, by folder.
    """

    name: str
    images: str
    ids: Mapping[str, int]
    files: Callable[[np.ndarray, Tensor], dict[str, np.ndarray]] = labels_alone


SERVERS = dict(
    cityscapes=Server('Cityscapes', 'leftImg8bit/test/*_leftImg8bit.png', LABEL_IDS),
    acdc=Server('ACDC', 'rgb_anon/*/test/*_rgb_anon.png', TRAIN_IDS),
    dark_zurich=Server('Dark Zurich', 'rgb_anon/test/night/*_rgb_anon.png', TRAIN_IDS, labels_and_confidence),
)


def id_table(classes: Sequence[str], ids: Mapping[str, int]) -> np.ndarray:
    """Look-up table from a model's outputs to a server's ids.

    Args:
        classes: The model's classes in the order of its outputs: the 19, or fewer of them (a 16-class SYNTHIA model).
        ids: :data:`LABEL_IDS` or :data:`TRAIN_IDS`.

    Returns:
        (classes,) uint8, to be indexed with a prediction.

    Raises:
        UserError: A class is none of Cityscapes' 19.
    """
    strangers = [name for name in classes if name not in ids]
    if strangers:
        raise UserError(f'Cityscapes has no id for {", ".join(strangers)}; servers know {", ".join(ids)}')
    return np.array([ids[name] for name in classes], np.uint8)


def find_test_images(server: Server, root: Path) -> list[Path]:
    """The test images of a data set, sorted.

    Raises:
        UserError: There are none below ``root``, or two have the same name.
    """
    images = [path for path in find_images(root) if fnmatchcase(path.relative_to(root).as_posix(), server.images)]
    if not images:
        raise UserError(f'{root} has no test images of {server.name} ({server.images}): give the root of the data set')
    if len({path.name for path in images}) < len(images):
        raise UserError(
            f'{root} has test images of {server.name} of the same name: give the root of the data set alone'
        )
    return images


@contextmanager
def submission(
    path: Path, server: Server, classes: Sequence[str]
) -> Iterator[Callable[[str, np.ndarray, Tensor], None]]:
    """A function that adds an image's prediction to a zip, which appears when the block ends, complete or not at all.

    It takes the image's file name, the predicted classes (H, W) and the logits (C, H, W), both at the image's size.

    Args:
        path: The zip.
        server: Who it is for.
        classes: The model's classes, see :func:`id_table`.

    Raises:
        UserError: A class is none of Cityscapes' 19.
    """
    table = id_table(classes, server.ids)
    with written_aside(path) as aside, ZipFile(aside, 'w') as archive:

        def add(name: str, label: np.ndarray, logits: Tensor) -> None:
            for folder, image in server.files(table[label], logits).items():
                archive.writestr(f'{folder}{Path(name).stem}.png', cv2.imencode('.png', image)[1].tobytes())

        yield add
