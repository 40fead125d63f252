"""Images of a folder: found, read and written with errors that name the file."""

import os
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from mmseg_uda.errors import UserError

from .files import written_aside

IMAGE_SUFFIXES = ('.png', '.jpg', '.jpeg', '.bmp', '.tif', '.tiff', '.webp')
ENDS = {b'\x89PNG\r\n\x1a\n': b'IEND', b'\xff\xd8\xff': b'\xff\xd9'}
"""How files of some formats begin, and what is near their end."""

TAIL = 4096
"""Bytes in which the end is looked for: cameras pad their files."""


def find_images(path: Path, skip: Path | None = None) -> list[Path]:
    """Image files at or below ``path``, sorted.

    Args:
        path: A folder, searched through all levels and links, or one file of any suffix.
        skip: A folder that is left out (results written below the images).

    Raises:
        UserError: ``path`` does not exist, or is a folder without images.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise UserError(f'{path} does not exist')
    skipped = None if skip is None else skip.resolve()
    found = []
    for folder, subfolders, files in os.walk(path, followlinks=True):
        subfolders[:] = [name for name in subfolders if (Path(folder) / name).resolve() != skipped]
        found += [Path(folder) / name for name in files if name.lower().endswith(IMAGE_SUFFIXES)]
    if not found:
        raise UserError(f'there is no image below {path} (looked for {", ".join(IMAGE_SUFFIXES)})')
    return sorted(found)


def read_image(path: Path) -> np.ndarray:
    """(H, W, 3) uint8 BGR, turned as its EXIF data say.

    Raises:
        UserError: The file cannot be read or is no image; the message names it.
    """
    content = np.fromfile(path, np.uint8)
    image = None if is_cut_off(path) else cv2.imdecode(content, cv2.IMREAD_COLOR)
    if image is None:
        raise not_an_image(path)
    return image


def not_an_image(path: Path | str) -> UserError:
    """What to say about a file that cannot be decoded."""
    return UserError(
        f'{path} is not an image that can be read (damaged, empty or of another format): replace or remove it'
    )


def unreadable(paths: Iterable[str]) -> str | None:
    """The first of some local images that is empty, cut off or none; None where all can be read whole.

    Args:
        paths: Of files; those that are called otherwise (arrays, say) are passed over.
    """
    return next((path for path in paths if path.lower().endswith(IMAGE_SUFFIXES) and not _is_decoded(path)), None)


def is_cut_off(path: str) -> bool:
    """Whether a PNG or JPEG lacks its end, which decoders may fill up without a word.

    A few bytes tell of most; what has more than :data:`TAIL` behind its end (phones append films) is decoded.
    """
    with open(path, 'rb') as file:
        start = file.read(8)
        ends = [end for magic, end in ENDS.items() if start.startswith(magic)]
        file.seek(0, os.SEEK_END)
        file.seek(-min(file.tell(), TAIL), os.SEEK_END)
        tail = file.read()
    return not start or (any(end not in tail for end in ends) and not _is_decoded(path))


def _is_decoded(path: Path | str) -> bool:
    try:
        with Image.open(path) as image:
            image.load()
    except (OSError, SyntaxError, ValueError):
        return False
    return True


def write_png(path: Path, image: np.ndarray) -> None:
    """Write a PNG that is complete or absent, making folders as needed.

    Args:
        path: Where to.
        image: uint8, (H, W) or BGR (H, W, 3).

    Raises:
        OSError: It cannot be encoded or written.
    """
    done, content = cv2.imencode('.png', image)
    if not done:
        raise OSError(f'{path}: an array of shape {image.shape} and type {image.dtype} cannot be encoded as PNG')
    with written_aside(path) as aside:
        aside.write_bytes(content)
