"""Rare-class sampling of labelled images (Hoyer et al., DAFormer, CVPR 2022, section 3.3)."""

import copy
import os
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from mmcv.transforms import BaseTransform
from mmengine.logging import print_log
from mmseg.datasets import BaseSegDataset
from mmseg.datasets.transforms import RandomCrop
from mmseg.registry import DATASETS

from mmseg_uda.errors import UserError

from .class_statistics import SAMPLE_STATS, read_class_statistics

Crop = TypeVar('Crop')


def class_probabilities(pixels: Mapping[int, int], temperature: float) -> tuple[np.ndarray, np.ndarray]:
    """How often to ask for each class: the softmax of ``(1 - frequency) / temperature``.

    Args:
        pixels: Pixels of each class that occurs.
        temperature: The lower, the more often the rarest.

    Returns:
        Classes, the rarest first, and their probabilities, of single precision as in the released code.
    """
    rarest_first = dict(sorted(pixels.items(), key=lambda item: item[1]))
    counts = torch.tensor(list(rarest_first.values()))
    probabilities = torch.softmax((1 - counts / counts.sum()) / temperature, dim=-1)
    return np.array(list(rarest_first)), probabilities.numpy()


def first_good(crop: Callable[[], Crop], is_good: Callable[[Crop], bool], more: int) -> Crop:
    """The first good crop, or the last of ``more`` further ones, which nobody looks at."""
    result = crop()
    for _ in range(more):
        if is_good(result):
            break
        result = crop()
    return result


@DATASETS.register_module()
class RareClassDataset:
    """A labelled data set of which images with rare classes are drawn more often; in place of a pair's ``source``.

    Which image is drawn does not depend on the index but on the sample's seed, which
    :class:`~mmseg_uda.datasets.DomainPairDataset` sets: a class, then one of the images with enough of it, then crops
    until one has enough of it. The image is loaded once; what its pipeline does from ``RandomCrop`` on is done for each
    crop.

    Args:
        dataset: Config of the data set.
        temperature: See :func:`class_probabilities`.
        min_pixels: An image has enough of a class with *more* pixels of it in its label file.
        min_crop_ratio: A crop has enough of it with more than this share of ``min_pixels``; 0: any crop will do.
        max_crops: Crops tried after the first; the last is taken as it is.
        statistics: File with the pixels of each class in each label
            (:mod:`~mmseg_uda.datasets.class_statistics`); None: ``sample_class_stats.json`` in the data root, where the
            converters write it.

    Raises:
        UserError: There are no statistics, they lack labels of the data set, no image has enough of any class, the
            pipeline has no ``RandomCrop``, or ``dataset`` joins several.
    """

    def __init__(
        self,
        dataset: dict,
        temperature: float = 0.01,
        min_pixels: int = 3000,
        min_crop_ratio: float = 0.5,
        max_crops: int = 10,
        statistics: str | None = None,
    ) -> None:
        self.dataset: BaseSegDataset = DATASETS.build(dataset) if isinstance(dataset, dict) else dataset
        if not isinstance(self.dataset, BaseSegDataset):
            raise UserError(f'RareClassDataset wraps one labelled data set, not a {type(self.dataset).__name__}')
        self.min_crop_pixels = min_pixels * min_crop_ratio
        self.max_crops = max_crops
        transforms = self.dataset.pipeline.transforms
        crops = [i for i, transform in enumerate(transforms) if isinstance(transform, RandomCrop)]
        if min_crop_ratio and not crops:
            raise UserError(
                'RareClassDataset: the pipeline of `dataset` has no RandomCrop; set min_crop_ratio=0, or crop there'
            )
        first = crops[0] if crops else len(transforms)
        self.before_crop, self.from_crop = transforms[:first], transforms[first:]
        path = Path(statistics or os.path.join(self.dataset.data_root or '', SAMPLE_STATS))
        pixels = self._pixels(path)
        self._draw_from(pixels, temperature, min_pixels, path)

    @property
    def metainfo(self) -> dict:
        """The data set's."""
        return self.dataset.metainfo

    def full_init(self) -> None:
        """Load the data set's file list."""
        self.dataset.full_init()

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> dict:
        """A sample with enough of a drawn class, of NumPy's generator; the index is not used."""
        wanted = np.random.choice(len(self.classes), p=self.probabilities)
        image = np.random.choice(self.images[wanted])
        loaded = _apply(self.before_crop, self.dataset.get_data_info(image))
        return first_good(
            lambda: _apply(self.from_crop, copy.deepcopy(loaded)),
            lambda sample: self._has_enough(sample, self.classes[wanted]),
            self.max_crops if self.min_crop_pixels else 0,
        )

    def _has_enough(self, sample: dict, wanted: int) -> bool:
        return int((sample['data_samples'].gt_sem_seg.data == wanted).sum()) > self.min_crop_pixels

    def _pixels(self, path: Path) -> list[Counter[int]]:
        """Pixels of the model's classes in each image of the data set."""
        by_file = {entry.pop('file'): entry for entry in read_class_statistics(path)}
        pixels = []
        for index in range(len(self.dataset)):
            info = self.dataset.get_data_info(index)
            file = Path(os.path.relpath(info['seg_map_path'], path.parent)).as_posix()
            if file not in by_file:
                raise UserError(
                    f'the class statistics {path} lack {file} of the data set: count its labels again, python '
                    'tools/analysis_tools/class_statistics.py CONFIG'
                )
            # The file holds ids of all classes of the label files.
            label_map = info.get('label_map') or {}
            counts = Counter()
            for c, n in by_file[file].items():
                counts[label_map.get(int(c), int(c))] += n
            del counts[self.dataset.ignore_index]
            pixels.append(counts)
        return pixels

    def _draw_from(self, pixels: list[Counter[int]], temperature: float, min_pixels: int, path: Path) -> None:
        totals = Counter()
        for counts in pixels:
            totals.update(counts)
        classes, probabilities = class_probabilities(totals, temperature)
        images = [np.array([i for i, counts in enumerate(pixels) if counts[c] > min_pixels]) for c in classes]
        found = np.array([len(members) > 0 for members in images], dtype=bool)
        if not found.any():
            raise UserError(f'RareClassDataset: no label in {path} has more than min_pixels={min_pixels} of any class')
        if not found.all():
            names = ', '.join(self.metainfo['classes'][c] for c in classes[~found])
            print_log(f'no image has more than {min_pixels} pixels of {names}: not drawn by class', logger='current')
        self.classes = classes[found]
        self.images = [members for members in images if len(members)]
        chosen = probabilities[found].astype(np.float64)
        self.probabilities = chosen / chosen.sum()


def _apply(transforms: list[BaseTransform], results: dict) -> dict:
    for transform in transforms:
        results = transform(results)
    return results
