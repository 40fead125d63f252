"""Images of a folder: found, read and written with errors that name the file."""

import os
from pathlib import Path

import cv2
import numpy as np

from mmseg_uda.errors import UserError

from .files import written_aside

IMAGE_SUFFIXES = ('.png', '.jpg', '.jpeg', '.bmp', '.tif', '.tiff', '.webp')


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
    image = cv2.imdecode(content, cv2.IMREAD_COLOR) if content.size else None
    if image is None:
        raise UserError(f'{path} is not an image that can be read (damaged, empty or of another format)')
    return image


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
