"""Render data sets in parallel; a data set's folder is complete or absent."""

import hashlib
import json
import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import cv2
import numpy as np

from mmseg_uda.errors import UserError, choice
from mmseg_uda.utils.files import written_aside
from mmseg_uda.utils.progress import progress_bar

from .classes import TRAIN_CLASSES, TRAIN_IDS
from .formats import cityscapes_files, gta_files, synthia_files
from .looks import TRACKS
from .scene import STYLES, Picture, render

VERSION = 1
"""Raised whenever the same seed gives other pictures."""

LAYOUTS = ('gta', 'synthia')
DEFAULT_TRACK = 'lowlight'
MANIFEST = 'manifest.json'
_MIN_SIZE, _MAX_SIZE = 32, 8192
_WRITERS: dict[str, Callable[[Picture, str, int], dict[str, bytes]]] = {
    'gta': gta_files,
    'synthia': synthia_files,
    **dict.fromkeys(TRACKS, cityscapes_files),
}


@dataclass(frozen=True)
class Part:
    """One data set of a city.

    Attributes:
        folder: its folder below the city's.
        style: key of ``STYLES``.
        counts: pictures per split; the source layouts have the one split 'source'.
        size: (height, width), pixels.
        seed: the city's seed.
    """

    folder: str
    style: str
    counts: dict[str, int]
    size: tuple[int, int]
    seed: int

    def settings(self) -> dict:
        """What its pictures follow from, as JSON holds it."""
        return dict(
            version=VERSION,
            style=self.style,
            size=list(self.size),
            seed=self.seed,
            counts=self.counts,
        )


@dataclass(frozen=True)
class Rendered:
    """What one picture left behind.

    Attributes:
        files: relative path -> SHA-256.
        pixels: per train id, then void: number of pixels, (20,) int64.
    """

    split: str
    severity: float
    files: dict[str, str]
    pixels: np.ndarray


def plan_city(
    size: tuple[int, int],
    layouts: Iterable[str],
    tracks: Iterable[str],
    num_source: int,
    num_train: int,
    num_val: int,
    num_test: int,
    seed: int,
) -> list[Part]:
    """The data sets of a city: one per source layout and one per camera track.

    The low-light track is written to ``cityscapes``, another one to ``cityscapes_<track>``.

    Raises:
        UserError: A size, a number or a name is out of range.
    """
    counts = dict(train=num_train, val=num_val, test=num_test)
    for name, value in dict(source=num_source, **counts).items():
        if value < 1:
            raise UserError(f'--num-{name} is {value}: expected at least 1 picture')
    if seed < 0:
        raise UserError(f'--seed is {seed}: expected 0 or more')
    if not all(_MIN_SIZE <= side <= _MAX_SIZE for side in size):
        raise UserError(f'--size is {size[0]}x{size[1]}: expected sides of {_MIN_SIZE} to {_MAX_SIZE} pixels')
    parts = []
    for layout in dict.fromkeys(layouts):
        choice('--layout', layout, LAYOUTS)
        parts.append(Part(layout, layout, dict(source=num_source), size, seed))
    for track in dict.fromkeys(tracks):
        choice('--track', track, TRACKS)
        folder = 'cityscapes' if track == DEFAULT_TRACK else f'cityscapes_{track}'
        parts.append(Part(folder, track, counts, size, seed))
    return parts


def render_city(out: Path, parts: list[Part], workers: int) -> list[str]:
    """Render the parts that are not there yet.

    Args:
        out: the city's folder; each part is rendered aside and then renamed to its place.
        workers: number of processes; it does not influence the pictures.

    Returns:
        The folders that were rendered; the others were complete already.

    Raises:
        UserError: A folder of that name holds something else, or is damaged.
    """
    if workers < 1:
        raise UserError(f'--workers is {workers}: expected at least 1')
    missing = [part for part in parts if not is_complete(out, part)]
    if missing:
        out.mkdir(parents=True, exist_ok=True)
        # forked workers start at once, without importing everything again
        method = 'fork' if 'fork' in multiprocessing.get_all_start_methods() else 'spawn'
        context = multiprocessing.get_context(method)
        with ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker) as pool:
            _render_parts(out, missing, pool)
    _write_city_manifest(out, parts)
    return [part.folder for part in missing]


def is_complete(out: Path, part: Part) -> bool:
    """Whether the part is there with these settings and every file unchanged.

    Raises:
        UserError: Something else is in its place.
    """
    folder = out / part.folder
    if not folder.exists():
        return False
    manifest = read_manifest(folder)
    if manifest is None:
        raise UserError(f'{folder} exists and is no MiniCity folder (it has no {MANIFEST}): choose another --out')
    differences = [
        f'{key} is {manifest["settings"].get(key)} there and {value} here'
        for key, value in part.settings().items()
        if manifest['settings'].get(key) != value
    ]
    if differences:
        raise UserError(
            f'{folder} was rendered with other settings ({"; ".join(differences)}): '
            'choose another --out or delete that folder'
        )
    damaged = [name for name, digest in manifest['files'].items() if _digest(folder / name) != digest]
    if damaged:
        raise UserError(
            f'{folder}: {len(damaged)} files are missing or changed, the first is {damaged[0]}: '
            'delete that folder and render it again'
        )
    return True


def read_manifest(folder: Path) -> dict | None:
    """A part's manifest, or None where there is none."""
    path = folder / MANIFEST
    return json.loads(path.read_text()) if path.is_file() else None


def _digest(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def _start_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent stops the pool
    cv2.setNumThreads(0)  # one process per core already; and OpenCV's threads do not survive a fork


def _render_parts(out: Path, parts: list[Part], pool: ProcessPoolExecutor) -> None:
    aside = {part.folder: out / f'.{part.folder}.partial' for part in parts}
    try:
        results = {}
        for part in parts:
            shutil.rmtree(aside[part.folder], ignore_errors=True)
            jobs = [
                (part, split, index, aside[part.folder])
                for split, count in part.counts.items()
                for index in range(count)
            ]
            results[part.folder] = pool.map(_render_one, jobs, chunksize=4)
        with progress_bar() as progress:
            for part in parts:
                total = sum(part.counts.values())
                rendered = list(progress.track(results[part.folder], total, description=f'{part.folder:>16}'))
                _write_json(aside[part.folder] / MANIFEST, _manifest(part, rendered))
                os.rename(aside[part.folder], out / part.folder)
    except BaseException:
        pool.shutdown(wait=True, cancel_futures=True)
        for folder in aside.values():
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _render_one(job: tuple[Part, str, int, Path]) -> Rendered:
    """Render and write one picture; runs in a worker."""
    part, split, index, folder = job
    # named by folder and split, so every picture is the same however many others there are
    seed = (part.seed, crc32(f'{part.folder}/{split}'.encode()), index)
    picture = render(STYLES[part.style], part.size, seed)
    digests = {}
    for name, data in _WRITERS[part.style](picture, split, index).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        digests[name] = hashlib.sha256(data).hexdigest()
    train_ids = np.minimum(TRAIN_IDS[picture.labels], len(TRAIN_CLASSES))
    pixels = np.bincount(train_ids.ravel(), minlength=len(TRAIN_CLASSES) + 1)
    return Rendered(split, picture.severity, digests, pixels)


def _manifest(part: Part, rendered: list[Rendered]) -> dict:
    files = {name: digest for item in rendered for name, digest in item.files.items()}
    manifest = dict(
        settings=part.settings(),
        checksum=_checksum(files),
        classes={
            split: _class_counts([item.pixels for item in rendered if item.split == split]) for split in part.counts
        },
        files=files,
    )
    if part.style in TRACKS:
        manifest['severity'] = {next(iter(r.files)): round(r.severity, 4) for r in rendered}
    return manifest


def _class_counts(pixels: list[np.ndarray]) -> dict[str, dict[str, int]]:
    """Per class and for void: pictures that hold it, and its pixels in all of them."""
    table = np.stack(pixels)
    return {
        name: dict(pictures=int((column > 0).sum()), pixels=int(column.sum()))
        for name, column in zip([*TRAIN_CLASSES, 'void'], table.T, strict=True)
    }


def _checksum(digests: dict[str, str]) -> str:
    """One SHA-256 over names and digests, whatever their order."""
    lines = [f'{digest}  {name}\n' for name, digest in sorted(digests.items())]
    return hashlib.sha256(''.join(lines).encode()).hexdigest()


def _write_city_manifest(out: Path, parts: list[Part]) -> None:
    """Sum up every part in the folder, also those of earlier calls."""
    manifests = {path.parent.name: path.parent for path in sorted(out.glob(f'*/{MANIFEST}'))}
    manifests = {name: read_manifest(folder) for name, folder in manifests.items()}
    checksums = {name: manifest['checksum'] for name, manifest in manifests.items()}
    _write_json(
        out / MANIFEST,
        dict(
            generator='MiniCity',
            version=VERSION,
            seed=parts[0].seed,
            checksum=_checksum(checksums),
            parts={
                name: dict(manifest['settings'], checksum=manifest['checksum']) for name, manifest in manifests.items()
            },
        ),
    )


def _write_json(path: Path, content: dict) -> None:
    with written_aside(path) as aside:
        aside.write_text(json.dumps(content, indent=1) + '\n')
