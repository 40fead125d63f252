"""Pixels of each class in each label file of a data set, for rare-class sampling.

The file ``sample_class_stats.json`` is the converters' and DAFormer's, ``[{"0": pixels, ..., "file": label}, ...]``
with paths relative to its own folder. Ids are those of the label files, before ``metainfo`` selects classes.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from mmcv.transforms import LoadImageFromFile
from mmseg.datasets import BaseSegDataset

from mmseg_uda.errors import UserError
from mmseg_uda.utils.files import written_aside

SAMPLE_STATS = 'sample_class_stats.json'


def load_label(dataset: BaseSegDataset, index: int) -> np.ndarray:
    """The label file of one image as its pipeline loads it, H,W, with all classes."""
    results = dataset.get_data_info(index) | dict(label_map=None)
    for transform in dataset.pipeline.transforms:
        if isinstance(transform, LoadImageFromFile):
            continue
        results = transform(results)
        if 'gt_seg_map' in results:
            return results['gt_seg_map']
    raise UserError(f'{type(dataset).__name__}: its pipeline loads no labels')


def count_classes(dataset: BaseSegDataset, folder: Path, index: int) -> dict[str, int | str]:
    """Pixels of each class that occurs in one label, and its path relative to ``folder``."""
    label = load_label(dataset, index)
    counts = np.bincount(label[label != dataset.ignore_index].ravel())
    file = os.path.relpath(dataset.get_data_info(index)['seg_map_path'], folder)
    return {**{str(c): int(n) for c, n in enumerate(counts) if n}, 'file': Path(file).as_posix()}


def write_class_statistics(
    dataset: BaseSegDataset,
    path: Path,
    workers: int,
    track: Callable[[Iterable, int], Iterable] = lambda items, total: items,
) -> np.ndarray:
    """Count all labels of a data set in parallel, and write the file when it is complete.

    Args:
        dataset: With a pipeline that loads labels.
        path: The file.
        workers: Processes.
        track: Wraps the results for a progress bar.

    Returns:
        Pixels of each class, by id.
    """
    with ProcessPoolExecutor(workers) as pool:
        results = pool.map(partial(count_classes, dataset, path.parent), range(len(dataset)), chunksize=8)
        entries = list(track(results, len(dataset)))
    with written_aside(path) as aside:
        aside.write_text(json.dumps(entries, indent=2))
    return total_pixels(entries)


def read_class_statistics(path: Path) -> list[dict]:
    """The entries of the file.

    Raises:
        UserError: There is no such file, or it holds something else.
    """
    if not path.is_file():
        raise UserError(
            f'the class statistics {path} do not exist: python tools/analysis_tools/class_statistics.py CONFIG counts '
            'the labels of its source'
        )
    try:
        entries = json.loads(path.read_text())
        for entry in entries:
            entry['file']
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(
            f'{path} holds no class statistics: make it again, python tools/analysis_tools/class_statistics.py CONFIG'
        ) from error
    return entries


def total_pixels(entries: Iterable[dict]) -> np.ndarray:
    """Pixels of each class in all files, by id; 0 where it does not occur."""
    totals = Counter()
    for entry in entries:
        totals.update({int(key): count for key, count in entry.items() if key != 'file'})
    return np.array([totals[c] for c in range(max(totals, default=-1) + 1)], dtype=np.int64)
