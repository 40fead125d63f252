"""Convert a data set's labels in parallel, all or (as far as training can see) nothing."""

from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console

from mmseg_uda.errors import UserError
from mmseg_uda.utils.cpus import available_cpus
from mmseg_uda.utils.files import written_aside
from mmseg_uda.utils.progress import progress_bar

from ..label_maps import map_ids
from .layouts import LAYOUTS, Layout, Sample
from .statistics import ConversionSummary, count_train_ids, remove_statistics, write_statistics

_MAX_REPORTED = 10


def convert(
    name: str,
    root: str | Path,
    workers: int | None = None,
    limit: int | None = None,
    console: Console | None = None,
) -> ConversionSummary:
    """Write ``*_labelTrainIds.png`` (uint8, 255 = ignore) beside each label, statistics last.

    Every file appears complete or not at all, so a conversion that was killed is simply run again.
    The statistics (:func:`write_statistics`) appear only when every label was converted.

    Args:
        name: a key of :data:`LAYOUTS`, such as ``'gta'``.
        root: the data set's folder.
        workers: processes; None uses the CPUs this process may run on.
        limit: convert the first samples only.
        console: where the progress bar goes.

    Raises:
        UserError: a folder or partner is missing, a label has unknown ids or another size
            than its image, or a file cannot be read.
    """
    root = Path(root)
    layout = LAYOUTS[name]
    samples, skipped = _find(layout, root)
    samples = samples[:limit]
    remove_statistics(root)
    counts = _run(name, samples, workers or available_cpus(), console)
    skipped_names = [sample.label.relative_to(root).as_posix() for sample in skipped]
    summary = ConversionSummary(layout.name, root, samples, counts, skipped_names)
    write_statistics(summary)
    return summary


def _find(layout: Layout, root: Path) -> tuple[list[Sample], list[Sample]]:
    if not root.is_dir():
        raise UserError(f'{root} is not a folder: unpack {layout.name} there ({layout.origin})')
    try:
        return layout.find(root)
    except UserError as error:
        raise UserError(f'{layout.name}: {error} ({layout.origin})') from error


def _run(name: str, samples: Sequence[Sample], workers: int, console: Console | None) -> np.ndarray:
    """(len(samples), 20) pixel counts."""
    with ProcessPoolExecutor(workers) as pool:
        # submitted before the progress bar's thread exists, as forking beside threads is unsafe
        futures = {pool.submit(_convert_sample, name, sample): i for i, sample in enumerate(samples)}
        try:
            counts, problems = _collect(futures, f'converting {LAYOUTS[name].name}', console)
        finally:
            pool.shutdown(cancel_futures=True)
    if problems:
        more = ' (and perhaps more)' if len(problems) == _MAX_REPORTED else ''
        raise UserError(
            f'{len(problems)} labels cannot be converted{more}, no statistics were written:\n'
            + '\n'.join(sorted(problems))
        )
    return np.stack([counts[i] for i in range(len(samples))])


def _collect(
    futures: dict[Future, int], title: str, console: Console | None
) -> tuple[dict[int, np.ndarray], list[str]]:
    counts: dict[int, np.ndarray] = {}
    problems: list[str] = []
    with progress_bar(console) as progress:
        task = progress.add_task(title, total=len(futures))
        for future in as_completed(futures):
            result = future.result()
            if isinstance(result, str):
                problems.append(result)
            else:
                counts[futures[future]] = result
            progress.advance(task)
            if len(problems) == _MAX_REPORTED:
                break
    return counts, problems


def _convert_sample(name: str, sample: Sample) -> np.ndarray | str:
    """Pixel counts of the converted label, or what is wrong with it."""
    layout = LAYOUTS[name]
    try:
        with Image.open(sample.image) as image:
            width, height = image.size
        raw = layout.read(sample.label)
        if raw.shape != (height, width):
            return (
                f'{sample.label}: the label is {raw.shape[1]}x{raw.shape[0]}, its image '
                f'{sample.image} is {width}x{height}'
            )
        label = map_ids(raw, layout.label_ids)
        with written_aside(sample.output) as aside:
            Image.fromarray(label).save(aside, format='PNG')
    except (OSError, ValueError) as error:
        return f'{sample.label}: {error}'
    return count_train_ids(label)
