"""A round of pseudo labels on disk: complete, or absent. Nobody else knows the names of its files.

    <round>/manifest.json               how the labels were made, and what came out
    <round>/labels/<image>.png          uint8 train ids at network input size, 255 = ignored
    <round>/confidence/<image>.png      optional, uint8: round(255 * max probability)
    <round>/overlays/<image>.png        a few images with their labels on top
    <round>/images.json                 size in bytes of each labelled image, by which another data set's are told
    <round>/easy.txt, hard.txt          images in rank order, where the selector ranks them (IntraDA)

``<image>`` is the image's path below the dataset's image folder, without its extension. A round is
written to ``.<round>.mmseg_uda.partial`` beside it and renamed when it is complete.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import nn

from mmseg_uda.errors import UserError

MANIFEST_NAME = 'manifest.json'
IMAGES_NAME = 'images.json'
LABELS, CONFIDENCE, OVERLAYS = 'labels', 'confidence', 'overlays'
"""Kinds of maps that a round holds, a PNG an image each."""

EASY, HARD = 'easy', 'hard'
"""Parts of the images, where the selector ranks them."""

MAP_SUFFIX = '.png'
CURRENT = 'current'
_KEPT = 'argmax'


@dataclass
class Manifest:
    """How a round was made and what came out of it.

    Attributes:
        selector: Type and all arguments of the selector.
        thresholds: Per class; None where the selector has no common one.
        classes: Names of the C classes.
        images: Number of labelled images.
        images_digest: Changes with the images' folder, their names, and how they are loaded.
        predicted: Pixels whose most probable class is c, per class.
        kept: Pixels labelled c, per class.
        confidence: Whether the round holds confidence maps.
        weights: Fingerprint of the model, see :func:`fingerprint`.
        origin: Where the model came from: config, checkpoint, iteration.
    """

    selector: dict
    thresholds: list[float | None]
    classes: list[str]
    images: int
    images_digest: str
    predicted: list[int]
    kept: list[int]
    confidence: bool
    weights: str
    origin: dict = field(default_factory=dict)

    @property
    def pixels(self) -> int:
        """Number of pixels of the whole set."""
        return sum(self.predicted)

    @property
    def kept_portion(self) -> float:
        """Share in [0, 1] of pixels with a label."""
        return sum(self.kept) / max(self.pixels, 1)

    @property
    def proportions(self) -> list[float]:
        """Per class, share in [0, 1] of all pixels that are labelled with it."""
        return [count / max(self.pixels, 1) for count in self.kept]

    def write(self, folder: Path) -> None:
        """Write ``manifest.json`` into ``folder``."""
        content = asdict(self) | dict(pixels=self.pixels, kept_portion=self.kept_portion, proportions=self.proportions)
        (folder / MANIFEST_NAME).write_text(json.dumps(content, indent=2) + '\n')

    @classmethod
    def read(cls, folder: Path | str) -> 'Manifest | None':
        """Read the manifest of a complete round; None where there is none.

        Raises:
            UserError: It is damaged.
        """
        path = Path(folder) / MANIFEST_NAME
        if not path.is_file():
            return None
        content = _read_json(path)
        missing = [name for name in cls.__dataclass_fields__ if name not in content]
        if missing:
            raise _damaged(path, f'it has no {missing[0]}')
        return cls(**{name: content[name] for name in cls.__dataclass_fields__})


def _read_json(path: Path) -> dict:
    try:
        content = json.loads(path.read_text())
    except ValueError as error:
        raise _damaged(path, error) from error
    if not isinstance(content, dict):
        raise _damaged(path, f'it holds a {type(content).__name__}')
    return content


def _damaged(path: Path, why: object) -> UserError:
    return UserError(
        f'{path} is no account of a round of pseudo labels, or a damaged one ({why}): choose another folder, or remove '
        'this round and make it again (tools/generate_pseudo_labels.py)'
    )


def image_sizes(paths: Mapping[str, str]) -> dict[str, int]:
    """Size in bytes by name, of those images that are local files.

    Args:
        paths: Of images, by name.
    """
    return {name: os.path.getsize(path) for name, path in paths.items() if os.path.isfile(path)}


def labelled_images(round_dir: Path | str) -> dict[str, int]:
    """Sizes of the images that a round was made for, see :func:`image_sizes`; empty where it does not say.

    Raises:
        UserError: The file is damaged.
    """
    path = Path(round_dir) / IMAGES_NAME
    return _read_json(path) if path.is_file() else {}


def fingerprint(model: nn.Module) -> str:
    """SHA-256 over names and values of all parameters and buffers, as hexadecimal digits."""
    digest = hashlib.sha256()
    for name, value in sorted(model.state_dict().items()):
        digest.update(name.encode())
        # As bytes, since numpy has no bfloat16.
        digest.update(value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()


def has_all_labels(round_dir: Path | str, manifest: Manifest) -> bool:
    """Whether a round has as many label files as images, which two runs in one work dir may have broken."""
    found = Path(map_folder(round_dir, LABELS)).rglob(f'*{MAP_SUFFIX}')
    return sum(1 for _ in found) == manifest.images


def image_name(img_path: str, prefix: str) -> str:
    """Path of an image below its folder, without the extension: the name of its pseudo label.

    Raises:
        UserError: The image is not below ``prefix``.
    """
    relative = os.path.relpath(img_path, prefix)
    if relative.startswith(os.pardir):
        raise UserError(
            f"{img_path} is not below the dataset's image folder {prefix} "
            "(data_prefix['img_path']), so its pseudo label has no place in a round"
        )
    return os.path.splitext(relative)[0]


def round_folder(work_dir: Path | str, iteration: int) -> Path:
    """Where a run keeps the round that it makes after so many iterations."""
    return Path(work_dir) / 'pseudo_labels' / f'iter_{iteration}'


def map_folder(round_dir: Path | str, kind: str) -> str:
    """Folder of a round's maps of one kind."""
    return os.path.join(round_dir, kind)


def map_path(round_dir: Path | str, kind: str, name: str) -> str:
    """File of one map.

    Args:
        round_dir: The round, on a disk or wherever MMEngine's file backends reach.
        kind: :data:`LABELS`, :data:`CONFIDENCE` or :data:`OVERLAYS`.
        name: Of the image, see :func:`image_name`.
    """
    return os.path.join(round_dir, kind, name + MAP_SUFFIX)


def part_path(round_dir: Path | str, part: str) -> str:
    """File that lists the images of a part, :data:`EASY` or :data:`HARD`: a name a line, in rank order."""
    return os.path.join(round_dir, f'{part}.txt')


def kept_path(round_dir: Path, index: int) -> Path:
    """File of a prediction that is kept from the first pass to the second."""
    return round_dir / _KEPT / f'{index}.npy'


def start_afresh(round_dir: Path) -> Path:
    """Make the empty folder in which a round is written until it is complete; what a killed one left is removed."""
    aside = partial_folder(round_dir)
    shutil.rmtree(aside, ignore_errors=True)
    (aside / _KEPT).mkdir(parents=True)
    return aside


def partial_folder(round_dir: Path) -> Path:
    """Where a round is written until it is complete: a hidden name that nobody gives to a folder."""
    return round_dir.with_name(f'.{round_dir.name}.mmseg_uda.partial')


def publish(round_dir: Path, manifest: Manifest, parts: Mapping[str, Sequence[str]], sizes: Mapping[str, int]) -> None:
    """Turn the partial folder into the round, replacing an older one.

    Args:
        round_dir: The round.
        manifest: What to say about it.
        parts: Names of the images of each part; empty where the selector does not rank them.
        sizes: Of the images, see :func:`image_sizes`.
    """
    aside = partial_folder(round_dir)
    for part, names in parts.items():
        Path(part_path(aside, part)).write_text(''.join(f'{name}\n' for name in names))
    shutil.rmtree(aside / _KEPT)
    (aside / IMAGES_NAME).write_text(json.dumps(sizes, indent=0) + '\n')
    manifest.write(aside)
    old = round_dir.with_name(f'.{round_dir.name}.mmseg_uda.old')
    shutil.rmtree(old, ignore_errors=True)
    if round_dir.exists():
        os.rename(round_dir, old)
    os.rename(aside, round_dir)
    shutil.rmtree(old, ignore_errors=True)


def current_round(work_dir: Path | str) -> Path | None:
    """The round that a run trains on, or trained on last; None where it made none."""
    link = round_folder(work_dir, 0).with_name(CURRENT)
    return link if link.exists() else None


def point_current_at(round_dir: Path) -> None:
    """Make the link ``current`` beside the round lead to it, atomically."""
    link = round_dir.with_name(CURRENT)
    fresh = round_dir.with_name(f'{CURRENT}.partial')
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(round_dir.name, target_is_directory=True)
    os.replace(fresh, link)
