"""Small data sets in the archives' real formats."""

import json
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


def read_label(path: Path) -> np.ndarray:
    """The ids (H, W) of an 8-bit PNG."""
    return np.asarray(Image.open(path))


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


TRAIN_IDS = [*range(19), 255]
SIZE = (32, 18)  # width and height, 16:9 as most street sets have


def write_pair(image: Path, label: Path, ids: list[int], size: tuple[int, int] = SIZE, palette: bool = False) -> None:
    """An image of noise and its label, with the ids in turn."""
    write_image(image, size)
    write_ids(label, pattern(ids, size[::-1]), palette)


def make_acdc(root: Path) -> Path:
    """Two conditions, with the pictures in good weather and the test split that have no labels."""
    for condition, sequence in (('fog', 'GOPR0475'), ('night', 'GP010402')):
        for split in ('train', 'val'):
            folder, name = f'{condition}/{split}/{sequence}', f'{sequence}_frame_000041'
            label = root / 'gt' / folder / f'{name}_gt_labelTrainIds.png'
            write_pair(root / 'rgb_anon' / folder / f'{name}_rgb_anon.png', label, TRAIN_IDS)
            write_ids(label.with_name(f'{name}_gt_labelIds.png'), pattern([7], SIZE[::-1]))
            reference = root / f'rgb_anon/{condition}/{split}_ref/{sequence}'
            write_image(reference / f'{name}_rgb_ref_anon.png', SIZE)
        write_image(root / f'rgb_anon/{condition}/test/GOPR0001/GOPR0001_frame_000001_rgb_anon.png', SIZE)
    return root


def make_dark_zurich(root: Path) -> Path:
    for time, sequence in (('night', 'GOPR0351'), ('day', 'GOPR0346'), ('twilight', 'GOPR0349')):
        write_image(root / f'rgb_anon/train/{time}/{sequence}/{sequence}_frame_000159_rgb_anon.png', SIZE)
    folder, name = 'val/night/GOPR0356', 'GOPR0356_frame_000324'
    write_pair(
        root / f'rgb_anon/{folder}/{name}_rgb_anon.png', root / f'gt/{folder}/{name}_gt_labelTrainIds.png', TRAIN_IDS
    )
    write_image(root / f'rgb_anon/val_ref/day/GOPR0356_ref/{name}_ref_rgb_anon.png', SIZE)
    write_image(root / 'rgb_anon/test/night/GOPR0364/GOPR0364_frame_000001_rgb_anon.png', SIZE)
    return root


def make_nighttime_driving(root: Path) -> Path:
    name = '0_frame_000016'
    label = root / f'gtCoarse_daytime_trainvaltest/test/night/{name}_gtCoarse_labelTrainIds.png'
    write_pair(root / f'leftImg8bit/test/night/{name}_leftImg8bit.png', label, TRAIN_IDS)
    return root


def make_bdd100k(root: Path) -> Path:
    for split, name in (('train', '0004a4c0-d4dff0ad'), ('val', '7d2f7975-e0c1c5a7')):
        label = root / f'labels/sem_seg/masks/{split}/{name}.png'
        write_pair(root / f'images/10k/{split}/{name}.jpg', label, TRAIN_IDS)
    write_image(root / 'images/100k/train/0000f77c-6257be58.jpg', SIZE)  # the 100k images have no such labels
    return root


def make_foggy_cityscapes(root: Path) -> Path:
    for split in ('train', 'val'):
        stem = f'{split}/ulm/ulm_000001_000019'
        for beta in ('0.005', '0.01', '0.02'):
            write_image(root / f'leftImg8bit_foggy/{stem}_leftImg8bit_foggy_beta_{beta}.png')
        write_pair(
            root / f'leftImg8bit/{stem}_leftImg8bit.png',
            root / f'gtFine/{stem}_gtFine_labelTrainIds.png',
            TRAIN_IDS,
            size=(32, 16),
        )
    return root


def make_mapillary(root: Path) -> Path:
    for split in ('training', 'validation'):
        label = root / f'{split}/v1.2/labels/-1XNbTzZk.png'
        write_pair(root / f'{split}/images/-1XNbTzZk.jpg', label, [*range(66)], size=(33, 24), palette=True)
    return root


def polygons(names: list[str], size: tuple[int, int], **more) -> dict:
    """IDD's annotation of one column a label, from the left."""
    objects = [
        dict(label=name, polygon=[[x, 0], [x, size[1] - 1]], deleted=0, verified=1) for x, name in enumerate(names)
    ]
    return dict(imgWidth=size[0], imgHeight=size[1], objects=objects) | more


def make_idd(root: Path, names: list[str], suffix: str = '_leftImg8bit.png') -> Path:
    for split in ('train', 'val'):
        write_image(root / f'leftImg8bit/{split}/201/frame0029{suffix}', (48, 27))
        label = root / f'gtFine/{split}/201/frame0029_gtFine_polygons.json'
        label.parent.mkdir(parents=True, exist_ok=True)
        label.write_text(json.dumps(polygons(names, (48, 27))))
    write_image(root / f'leftImg8bit/test/202/frame0030{suffix}', (48, 27))
    return root


def make_tiles(root: Path) -> Path:
    """Potsdam or Vaihingen as MMSeg's converters write them: six classes from 1 on, 0 for boundaries."""
    for split, name in (('train', '2_10_0_0_512_512'), ('val', '2_13_0_0_512_512')):
        write_pair(root / f'img_dir/{split}/{name}.png', root / f'ann_dir/{split}/{name}.png', [*range(7)], (64, 64))
    return root


def make_loveda(root: Path) -> Path:
    for split in ('Train', 'Val'):
        for domain, name in (('Rural', '0'), ('Urban', '1366')):
            folder = root / split / domain
            write_pair(folder / f'images_png/{name}.png', folder / f'masks_png/{name}.png', [*range(8)], (64, 64))
    return root


def make_drive(root: Path) -> Path:
    for split, name in (('training', '21'), ('validation', '01')):
        label = root / f'annotations/{split}/{name}_manual1.png'
        write_pair(root / f'images/{split}/{name}.png', label, [0, 1], (57, 59))
    return root


def make_stare(root: Path) -> Path:
    for split, name in (('training', 'im0001'), ('validation', 'im0139')):
        for annotator in ('ah', 'vk'):
            label = root / f'annotations/{split}/{name}.{annotator}.png'
            write_pair(root / f'images/{split}/{name}.png', label, [0, 1], (70, 61))
    return root
