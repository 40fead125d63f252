"""Checkpoints of a run on disk: which of them is the latest that is whole."""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

from mmengine.dist import master_only

from mmseg_uda.utils.files import written_aside

POINTER = 'last_checkpoint'
"""The file of a work dir that names its latest checkpoint; MMEngine writes it after the checkpoint."""

FINISHED = 'finished'
"""The file of a work dir that says after how many iterations its run was done, the last validation included."""

EARLIER = '.earlier_checkpoints'
"""The file of a work dir that lists the checkpoints which an earlier run left there, by time and name."""


def is_complete(path: str | Path) -> bool:
    """Whether a checkpoint was written to its end, which takes no time to tell."""
    return zipfile.is_zipfile(path)


def is_intact(path: str | Path) -> bool:
    """Whether every byte of a checkpoint is as it was written, by its checksums; reads the whole file."""
    try:
        with zipfile.ZipFile(path) as file:
            return file.testzip() is None
    except Exception:  # its reader raises what it likes about damaged headers
        return False


def latest_checkpoint(work_dir: str, is_good: Callable[[Path], bool] = is_complete) -> str | None:
    """The latest good checkpoint of the run in a folder, None if it has none.

    It is looked for in this folder whatever folder ``last_checkpoint`` says, since a work dir may be moved or copied.
    Where that file is empty, which a kill while it is written leaves, or names a damaged checkpoint, it is the newest
    good one before.

    Args:
        work_dir: The folder.
        is_good: What a checkpoint must be.
    """
    pointer = Path(work_dir, POINTER)
    if not pointer.is_file():
        return None
    named = Path(pointer.read_text().strip() or 'empty').name
    saved = sorted(own_files(work_dir, '*_*.pth'), key=_step)
    before = [
        path for path in saved if _step(path) >= 0 and (_step(Path(named)) < 0 or _step(path) < _step(Path(named)))
    ]
    candidates = [*before, Path(work_dir, named)]
    return next((str(path) for path in reversed(candidates) if path.is_file() and is_good(path)), None)


def own_files(work_dir: str, pattern: str) -> list[Path]:
    """Files in a run's folder, without those that an earlier run left there."""
    listed = Path(work_dir, EARLIER)
    earlier = set(listed.read_text().splitlines()) if listed.is_file() else ()
    return [path for path in Path(work_dir).glob(pattern) if not earlier or _stamp(path) not in earlier]


def _stamp(path: Path) -> str:
    return f'{path.stat().st_mtime_ns} {path.name}'


def _step(path: Path) -> int:
    found = re.fullmatch(r'(?:iter|epoch)_(\d+)', path.stem)
    return int(found[1]) if found else -1


@master_only
def point_to(work_dir: str, checkpoint: str) -> None:
    """Let ``last_checkpoint`` name a checkpoint, and say what was wrong with the one that it named."""
    pointer = Path(work_dir, POINTER)
    named = pointer.read_text().strip()
    if named == checkpoint:
        return
    if Path(named).name != Path(checkpoint).name:
        what = f'{Path(work_dir, Path(named).name)} is damaged or missing' if named else f'{pointer} is empty'
        print(f'{what}: going back to {checkpoint}', flush=True)
    with written_aside(pointer) as aside:
        aside.write_text(checkpoint)


@master_only
def forget(work_dir: str) -> None:
    """Before a run starts anew in a used folder: what an earlier one saved is not its own, and never resumed from."""
    for name in (POINTER, FINISHED):
        Path(work_dir, name).unlink(missing_ok=True)
    if saved := list(Path(work_dir).glob('*.pth')):
        with written_aside(Path(work_dir, EARLIER)) as aside:
            aside.write_text(''.join(f'{_stamp(path)}\n' for path in saved))


@master_only
def mark_finished(work_dir: str, iterations: int) -> None:
    """Keep that a run is done."""
    with written_aside(Path(work_dir, FINISHED)) as aside:
        aside.write_text(f'{iterations}\n')


def is_finished(work_dir: str, iterations: int) -> bool:
    """Whether a run was done after so many iterations."""
    path = Path(work_dir, FINISHED)
    return path.is_file() and path.read_text().strip() == str(iterations)
