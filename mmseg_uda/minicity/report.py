"""What a rendered city holds: a table of classes and a sheet of sample pictures."""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from rich.table import Table

from mmseg_uda.utils.files import written_aside

from .classes import TRAIN_CLASSES, colour_map
from .render import Part, read_manifest


def class_table(out: Path, parts: list[Part]) -> Table:
    """Per class: share of the pictures that hold it, in percent; of a track, those of val."""
    table = Table(title='pictures that hold a class, %')
    table.add_column('class', no_wrap=True)
    columns = []
    for part in parts:
        split = 'val' if 'val' in part.counts else 'source'
        table.add_column(part.folder, justify='right')
        columns.append((part.counts[split], _classes(out, part, split)))
    for name in [*TRAIN_CLASSES, 'void']:
        shares = [100 * classes[name]['pictures'] / count for count, classes in columns]
        table.add_row(name, *(f'{share:.0f}' for share in shares))
    return table


def _classes(out: Path, part: Part, split: str) -> dict[str, dict[str, int]]:
    return read_manifest(out / part.folder)['classes'][split]


def absent_classes(out: Path, part: Part, split: str) -> list[str]:
    """Classes that no picture of a split holds; their IoU would be undefined."""
    classes = _classes(out, part, split)
    return [name for name in TRAIN_CLASSES if classes[name]['pictures'] == 0]


def contact_sheet(out: Path, parts: list[Part], columns: int = 4) -> Image.Image:
    """A row of pictures and one of their labels per part; a track's go from mild to severe."""
    rows = []
    for part in parts:
        pairs = [_read_pair(out, part, *names) for names in _samples(out, part, columns)]
        rows += [np.concatenate(row, axis=1) for row in zip(*pairs, strict=True)]
    return Image.fromarray(np.concatenate(rows))


def save_sheet(sheet: Image.Image, path: Path) -> None:
    """Write a sheet as PNG, complete or not at all; 256 colours keep one of noise small."""
    with written_aside(path) as aside:
        sheet.quantize(256, dither=Image.Dither.NONE).save(aside, format='PNG', optimize=True)


def _samples(out: Path, part: Part, count: int) -> list[tuple[str, str]]:
    """Names of ``count`` pictures spread over a part, and of their labels."""
    manifest = read_manifest(out / part.folder)
    names = list(manifest['files'])
    pairs = list(zip(names[0::2], names[1::2], strict=True))
    severity = manifest.get('severity')
    if severity is not None:
        pairs = sorted((p for p in pairs if '/val/' in p[0]), key=lambda p: severity[p[0]])
    return [pairs[i] for i in np.linspace(0, len(pairs) - 1, count).astype(int)]


def _read_pair(out: Path, part: Part, image: str, label: str) -> tuple[np.ndarray, np.ndarray]:
    folder = out / part.folder
    rgb = cv2.cvtColor(cv2.imread(str(folder / image)), cv2.COLOR_BGR2RGB)
    if part.style != 'synthia':
        return rgb, colour_map()[np.asarray(Image.open(folder / label))]
    ids = cv2.imread(str(folder / label), cv2.IMREAD_UNCHANGED)[..., 2]
    colours = np.zeros((256, 3), np.uint8)
    for spec in TRAIN_CLASSES.values():
        colours[spec.synthia] = spec.colour
    return rgb, colours[ids]
