"""Small data sets in the archives' real formats."""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image


def write_image(path: Path, size: tuple[int, int] = (32, 16), seed: int = 0) -> None:
    """An RGB image of noise, ``size`` = (width, height)."""
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def write_ids(path: Path, ids: np.ndarray, palette: bool = False) -> None:
    """An 8-bit PNG of ids, with a palette on request."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(ids.astype(np.uint8))
    if palette:
        image.putpalette(np.random.default_rng(0).integers(0, 256, 768, np.uint8).tolist())
    image.save(path)


def write_synthia_ids(path: Path, ids: np.ndarray) -> None:
    """A 16-bit PNG: class in red, instance in green, as SYNTHIA stores it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    instances = np.arange(ids.size).reshape(ids.shape) + 1000
    blue_green_red = np.stack([np.zeros_like(ids), instances, ids], axis=2).astype(np.uint16)
    assert cv2.imwrite(str(path), blue_green_red)


def pattern(values: list[int], shape: tuple[int, int] = (16, 32)) -> np.ndarray:
    """(H, W) with the values in turn."""
    return np.resize(np.array(values), shape)


def make_gta(root: Path, names: tuple[str, ...] = ('00001', '00002'), values: list[int] | None = None) -> Path:
    for i, name in enumerate(names):
        write_image(root / 'images' / f'{name}.png', seed=i)
        ids = pattern(values if values is not None else [*range(35)])
        write_ids(root / 'labels' / f'{name}.png', ids, palette=True)
    return root


def make_synthia(root: Path, names: tuple[str, ...] = ('0000000', '0000001')) -> Path:
    for i, name in enumerate(names):
        write_image(root / 'RGB' / f'{name}.png', seed=i)
        write_synthia_ids(root / 'GT' / 'LABELS' / f'{name}.png', pattern([*range(23)]))
    return root


def make_cityscapes(root: Path, splits: tuple[str, ...] = ('train', 'val'), count: int = 2) -> Path:
    for split in splits:
        for i in range(count):
            stem = f'{split}/aachen/aachen_00000{i}_000019'
            write_image(root / 'leftImg8bit' / f'{stem}_leftImg8bit.png', seed=i)
            ids = pattern([*range(34), 255])
            write_ids(root / 'gtFine' / f'{stem}_gtFine_labelIds.png', ids)
    return root
