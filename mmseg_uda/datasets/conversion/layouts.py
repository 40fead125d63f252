"""How the archives of data sets lie on disk, and how their labels are read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from mmseg_uda.errors import UserError

from ..label_maps import (
    CITYSCAPES_LABEL_IDS,
    GTA_LABEL_IDS,
    IDD_LABEL_IDS,
    MAPILLARY_LABEL_IDS,
    SYNTHIA_LABEL_IDS,
)
from .idd import read_idd_polygons

TRAIN_ID_SUFFIX = '_labelTrainIds.png'


@dataclass(frozen=True)
class Sample:
    """One image, its raw label and the label to be written."""

    image: Path
    label: Path
    output: Path
    #: whether the sample enters the statistics that training draws on
    for_training: bool = True


@dataclass(frozen=True)
class Layout:
    """One data set's archive.

    Attributes:
        name: for messages.
        find: data root -> samples to convert, and those to leave out.
        read: label file -> (H, W) raw ids.
        label_ids: raw id -> train id; any other id is refused.
        origin: where the archive comes from.
    """

    name: str
    find: Callable[[Path], tuple[list[Sample], list[Sample]]]
    read: Callable[[Path], np.ndarray]
    label_ids: Mapping[int, int]
    origin: str


def read_index_png(path: Path) -> np.ndarray:
    """The ids of a palette or greyscale PNG.

    Raises:
        ValueError: the file holds colours. They cannot be turned back into ids: Cityscapes paints
            car and licence plate, or pole and pole group, alike.
    """
    with Image.open(path) as image:
        if image.mode not in ('P', 'L'):
            raise ValueError(
                f'expected a palette or 8-bit greyscale PNG of ids, got mode {image.mode}: colours '
                'are ambiguous, use the label files of the original archive'
            )
        return np.asarray(image)


def read_synthia_png(path: Path) -> np.ndarray:
    """The class ids of a SYNTHIA label: the red channel of a 16-bit PNG; green is the instance.

    Raises:
        ValueError: not a 16-bit image of three channels.
    """
    label = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if label is None:
        raise ValueError('not a readable image')
    if label.ndim != 3 or label.shape[2] != 3 or label.dtype != np.uint16:
        raise ValueError(
            f'expected a 16-bit PNG of three channels, got shape {label.shape} of {label.dtype}: '
            'use GT/LABELS (not GT/COLOR) of SYNTHIA-RAND-CITYSCAPES'
        )
    return label[:, :, 2]  # OpenCV orders blue, green, red


def pair_files(image_dir: Path, label_dir: Path, image_suffix: str, label_suffix: str) -> list[tuple[Path, Path]]:
    """Images and labels of the same name below two folders, sorted.

    Raises:
        UserError: a folder is missing or empty, or a file has no partner (named).
    """
    images = _stems(image_dir, image_suffix)
    labels = _stems(label_dir, label_suffix)
    for lonely, folder, suffix, kind in (
        (sorted(images - labels), label_dir, label_suffix, 'images have no label'),
        (sorted(labels - images), image_dir, image_suffix, 'labels have no image'),
    ):
        if lonely:
            raise UserError(
                f'{len(lonely)} {kind}; the first is missing {folder / (lonely[0] + suffix)}. '
                'Unpack all parts of the archive, or remove the files without partner'
            )
    return [(image_dir / (s + image_suffix), label_dir / (s + label_suffix)) for s in sorted(images)]


def _stems(folder: Path, suffix: str) -> set[str]:
    if not folder.is_dir():
        raise UserError(f'{folder} is not a folder')
    files = (path.relative_to(folder).as_posix() for path in folder.rglob(f'*{suffix}'))
    stems = {
        name[: -len(suffix)]
        for name in files
        if not name.endswith(TRAIN_ID_SUFFIX) and not Path(name).name.startswith('.')
    }
    if not stems:
        raise UserError(f'no file *{suffix} below {folder}')
    return stems


def _train_id_path(label: Path) -> Path:
    return label.with_name(label.stem + TRAIN_ID_SUFFIX)


# Their image and label are cited to differ in size, or they are broken; loaders leave them out.
GTA_KNOWN_BAD = frozenset({15188, 17705, *range(20801, 20861)})


def find_gta(root: Path) -> tuple[list[Sample], list[Sample]]:
    """``images/00001.png`` and ``labels/00001.png``; the known-bad ids are left out."""
    samples = [
        Sample(image, label, _train_id_path(label))
        for image, label in pair_files(root / 'images', root / 'labels', '.png', '.png')
    ]
    good = [sample for sample in samples if not _is_known_bad(sample)]
    return good, [sample for sample in samples if _is_known_bad(sample)]


def _is_known_bad(sample: Sample) -> bool:
    return sample.image.stem.isdigit() and int(sample.image.stem) in GTA_KNOWN_BAD


def find_synthia(root: Path) -> tuple[list[Sample], list[Sample]]:
    """``RGB/0000000.png`` and ``GT/LABELS/0000000.png``."""
    pairs = pair_files(root / 'RGB', root / 'GT' / 'LABELS', '.png', '.png')
    return [Sample(image, label, _train_id_path(label)) for image, label in pairs], []


def find_cityscapes(root: Path) -> tuple[list[Sample], list[Sample]]:
    """``leftImg8bit/<split>/<city>/X_leftImg8bit.png`` and ``gtFine/.../X_gtFine_labelIds.png``.

    Splits are train, val and test, as far as they are there; the statistics are train's.
    """
    samples = []
    for split in _splits(root / 'gtFine', ('train', 'val', 'test')):
        pairs = pair_files(
            root / 'leftImg8bit' / split,
            root / 'gtFine' / split,
            '_leftImg8bit.png',
            '_gtFine_labelIds.png',
        )
        for image, label in pairs:
            output = label.with_name(label.name.replace('_labelIds.png', TRAIN_ID_SUFFIX))
            samples.append(Sample(image, label, output, for_training=split == 'train'))
    return samples, []


def find_idd(root: Path) -> tuple[list[Sample], list[Sample]]:
    """``leftImg8bit/<split>/<drive>/X_leftImg8bit.png`` (part II: jpg) and ``gtFine/.../X_gtFine_polygons.json``.

    Splits are train and val, as far as they are there; the statistics are train's.
    """
    samples = []
    for split in _splits(root / 'gtFine', ('train', 'val')):
        images, labels = root / 'leftImg8bit' / split, root / 'gtFine' / split
        suffix = '_leftImg8bit.jpg' if any(images.rglob('*_leftImg8bit.jpg')) else '_leftImg8bit.png'
        for image, label in pair_files(images, labels, suffix, '_gtFine_polygons.json'):
            output = label.with_name(label.name.replace('_polygons.json', TRAIN_ID_SUFFIX))
            samples.append(Sample(image, label, output, for_training=split == 'train'))
    return samples, []


def find_mapillary(root: Path) -> tuple[list[Sample], list[Sample]]:
    """``<split>/images/X.jpg`` and ``<split>/v1.2/labels/X.png``, as in the archive of version 2.0.

    Splits are training and validation, as far as they are there; the statistics are training's.
    """
    samples = []
    for split in _splits(root, ('training', 'validation')):
        for image, label in pair_files(root / split / 'images', root / split / 'v1.2/labels', '.jpg', '.png'):
            samples.append(Sample(image, label, _train_id_path(label), for_training=split == 'training'))
    return samples, []


def _splits(folder: Path, names: tuple[str, ...]) -> list[str]:
    splits = [name for name in names if (folder / name).is_dir()]
    if not splits:
        raise UserError(f'{folder} has none of the folders {", ".join(names)}')
    return splits


LAYOUTS = dict(
    gta=Layout(
        'GTA5',
        find_gta,
        read_index_png,
        GTA_LABEL_IDS,
        'https://download.visinf.tu-darmstadt.de/data/from_games/',
    ),
    synthia=Layout(
        'SYNTHIA-RAND-CITYSCAPES',
        find_synthia,
        read_synthia_png,
        SYNTHIA_LABEL_IDS,
        'http://synthia-dataset.net/downloads/',
    ),
    cityscapes=Layout(
        'Cityscapes',
        find_cityscapes,
        read_index_png,
        CITYSCAPES_LABEL_IDS,
        'https://www.cityscapes-dataset.com/downloads/',
    ),
    idd=Layout(
        'IDD Segmentation',
        find_idd,
        read_idd_polygons,
        IDD_LABEL_IDS,
        'https://idd.insaan.iiit.ac.in/',
    ),
    mapillary=Layout(
        'Mapillary Vistas',
        find_mapillary,
        read_index_png,
        MAPILLARY_LABEL_IDS,
        'https://www.mapillary.com/dataset/vistas',
    ),
)
