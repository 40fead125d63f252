"""Files that are complete or absent."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """Where to write a file, which gets its name when the block ends and leaves nothing behind when it fails.

    Until then it lies in the same folder (made if needed) under a hidden name ending in ``.part``, so that listings
    overlook it. The name is the same every time: what a killed process left is replaced by the next one.

    Args:
        path: The file; an older one of that name is replaced only by a complete one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f'.{path.name}.part')
    try:
        yield aside
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
