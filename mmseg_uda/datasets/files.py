"""The files of a folder, known by their path without suffix."""

from collections.abc import Collection, Sequence

from mmengine import fileio

from mmseg_uda.errors import UserError
from mmseg_uda.utils.image_files import IMAGE_SUFFIXES


def some(names: Collection[str], count: int = 3) -> str:
    """The first few of ``names`` for a message."""
    shown = sorted(names)[:count]
    more = len(names) - len(shown)
    return ', '.join(shown) + (f' and {more} more' if more else '')


def as_suffixes(suffixes: str | Sequence[str]) -> tuple[str, ...]:
    """One suffix or several, the longest first, so that ``_left.png`` goes before ``.png``."""
    return tuple(sorted([suffixes] if isinstance(suffixes, str) else suffixes, key=len, reverse=True))


def suffix_of(file: str, suffixes: Sequence[str]) -> str | None:
    """The first of ``suffixes`` in which a file's name ends, in any letter case; None if there is none."""
    return next((suffix for suffix in suffixes if file.lower().endswith(suffix.lower())), None)


def list_files(folder: str, backend_args: dict | None = None) -> list[str]:
    """All files below a folder, relative to it."""
    return list(fileio.list_dir_or_file(folder, list_dir=False, recursive=True, backend_args=backend_args))


def by_stem(files: Collection[str], suffixes: str | Sequence[str]) -> dict[str, str]:
    """Those of ``files`` that end in one of ``suffixes``: path without it -> path.

    Raises:
        UserError: Two differ in nothing else, so that labels could not tell them apart.
    """
    suffixes = as_suffixes(suffixes)
    found: dict[str, str] = {}
    for file in files:
        suffix = suffix_of(file, suffixes)
        if suffix is None:
            continue
        stem = file[: len(file) - len(suffix)]
        if stem in found:
            raise UserError(f'{found[stem]} and {file} differ in their suffix only')
        found[stem] = file
    return found


def skipped_images(files: Collection[str], *taken: str | Sequence[str]) -> list[str]:
    """Image files among ``files`` that end in none of the suffixes that are taken."""
    known = [suffix for suffixes in taken for suffix in as_suffixes(suffixes)]
    return [file for file in files if suffix_of(file, IMAGE_SUFFIXES) and not suffix_of(file, known)]
