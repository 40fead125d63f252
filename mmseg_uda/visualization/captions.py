"""Words on pictures: a title above, the classes' colours below."""

import math
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

LETTERS, LINE, SWATCH = 13, 20, 12
"""Height of the letters, of a line and of a patch of colour, in pixels."""

GAP = 6


def _font() -> ImageFont.FreeTypeFont:
    # Matplotlib brings a font that knows more than Latin letters, for names of own classes.
    return ImageFont.truetype(str(Path(matplotlib.get_data_path(), 'fonts', 'ttf', 'DejaVuSans.ttf')), LETTERS)


def draw_title(text: str, width: int) -> np.ndarray:
    """One line of black on white, cut off at ``width`` pixels: (h, width, 3) uint8 RGB."""
    strip = Image.new('RGB', (width, LINE), 'white')
    ImageDraw.Draw(strip).text((GAP, LINE / 2), text, fill='black', font=_font(), anchor='lm')
    return np.asarray(strip)


def draw_legend(classes: Sequence[str], palette: Sequence[Sequence[int]], width: int) -> np.ndarray:
    """Show which colour is which class; black is what has no label.

    Args:
        classes: Names of the C classes.
        palette: RGB of each, 0 to 255.
        width: In pixels; entries go on in the next line where one is full.

    Returns:
        (h, w, 3) uint8 RGB, w being ``width`` or what the longest name needs.
    """
    font = _font()
    names, colours = [*classes, 'no label'], [*palette, (0, 0, 0)]
    lengths = [GAP + SWATCH + GAP + math.ceil(font.getlength(name)) for name in names]
    width = max(width, *lengths)
    places, x, y = [], 0, 0
    for length in lengths:
        if x + length > width:
            x, y = 0, y + LINE
        places.append((x + GAP, y))
        x += length + GAP
    strip = Image.new('RGB', (width, y + LINE), 'white')
    draw = ImageDraw.Draw(strip)
    for (left, top), name, colour in zip(places, names, colours, strict=True):
        middle = top + LINE / 2
        corners = (left, middle - SWATCH / 2, left + SWATCH - 1, middle + SWATCH / 2 - 1)
        draw.rectangle(corners, fill=tuple(int(value) for value in colour), outline='gray')
        draw.text((left + SWATCH + GAP, middle), name, fill='black', font=font, anchor='lm')
    return np.asarray(strip)


def with_legend(picture: np.ndarray, classes: Sequence[str], palette: Sequence[Sequence[int]]) -> np.ndarray:
    """A picture (H, W, 3) uint8 RGB with :func:`draw_legend` below it."""
    return stack([picture, draw_legend(classes, palette, picture.shape[1])])


def stack(pictures: Sequence[np.ndarray], axis: int = 0) -> np.ndarray:
    """Put pictures below each other (``axis=0``) or side by side (1), white where they differ in size.

    Args:
        pictures: (H, W, 3) uint8 each.
        axis: The direction.

    Returns:
        (H, W, 3) uint8.
    """
    other = 1 - axis
    size = max(picture.shape[other] for picture in pictures)
    padded = []
    for picture in pictures:
        margins = [(0, 0), (0, 0), (0, 0)]
        margins[other] = (0, size - picture.shape[other])
        padded.append(np.pad(picture, margins, constant_values=255))
    return np.concatenate(padded, axis=axis)
