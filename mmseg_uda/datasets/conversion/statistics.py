"""Class statistics per image, for rare-class sampling and for the eye."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from mmseg_uda.utils.files import written_aside

from ..class_statistics import SAMPLE_STATS
from ..class_subsets import CITYSCAPES_19
from ..label_maps import IGNORE
from .layouts import Sample

CLASS_SAMPLES = 'samples_with_class.json'


@dataclass
class ConversionSummary:
    """What was converted.

    Attributes:
        name: the data set.
        root: its folder.
        samples: what was converted.
        counts: (len(samples), 20) int64 pixels per train id; the last column is ignored pixels.
        skipped: labels left out on purpose, relative to the root.
    """

    name: str
    root: Path
    samples: Sequence[Sample]
    counts: np.ndarray
    skipped: list[str] = field(default_factory=list)


def count_train_ids(label: np.ndarray) -> np.ndarray:
    """(20,) int64: pixels of each of the 19 train ids, then of ignored ones."""
    counts = np.bincount(label.ravel(), minlength=IGNORE + 1)
    return np.append(counts[: len(CITYSCAPES_19)], counts[IGNORE])


def remove_statistics(root: Path) -> None:
    """Statistics of an earlier conversion must not outlive a failed one."""
    for name in (SAMPLE_STATS, CLASS_SAMPLES):
        (root / name).unlink(missing_ok=True)


def write_statistics(summary: ConversionSummary) -> None:
    """The two files that DAFormer and its successors read, with paths relative to the root.

    ``sample_class_stats.json``: ``[{"0": pixels, ..., "file": label}, ...]``, classes that do not
    occur left out. ``samples_with_class.json``: ``{"0": [[label, pixels], ...], ...}``. Only samples
    meant for training enter.
    """
    stats, by_class = [], {str(c): [] for c in range(len(CITYSCAPES_19))}
    for sample, counts in zip(summary.samples, summary.counts, strict=True):
        if not sample.for_training:
            continue
        file = sample.output.relative_to(summary.root).as_posix()
        present = {str(c): int(n) for c, n in enumerate(counts[:-1]) if n}
        stats.append({**present, 'file': file})
        for c, n in present.items():
            by_class[c].append([file, n])
    _write_json(summary.root / SAMPLE_STATS, stats)
    _write_json(summary.root / CLASS_SAMPLES, {c: files for c, files in by_class.items() if files})


def _write_json(path: Path, content: list | dict) -> None:
    with written_aside(path) as aside:
        aside.write_text(json.dumps(content, indent=2))


def print_summary(summary: ConversionSummary, console: Console | None = None) -> None:
    """Images, pixel share and images per class, and what was left out."""
    console = console or Console()
    totals = summary.counts.sum(axis=0)
    images = (summary.counts > 0).sum(axis=0)
    pixels = max(int(totals.sum()), 1)
    table = Table(title=f'{summary.name}: {len(summary.samples)} images in {summary.root}')
    table.add_column('id', justify='right')
    table.add_column('class')
    table.add_column('pixels', justify='right')
    table.add_column('images', justify='right')
    rows = [(str(i), name) for i, name in enumerate(CITYSCAPES_19)] + [(str(IGNORE), 'ignored')]
    for (number, name), total, count in zip(rows, totals, images, strict=True):
        table.add_row(number, name, f'{100 * total / pixels:.3f} %', str(count))
    console.print(table)
    if summary.skipped:
        console.print(f'left out, known to be bad ({len(summary.skipped)}):')
        console.print(', '.join(summary.skipped), soft_wrap=True)
