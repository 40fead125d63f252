"""Pieces of maps that are too large to hold, such as the similarities of all pairs of pixels."""

from collections.abc import Iterator
from math import isqrt

from torch import Tensor

CHUNK_BYTES = 2**22
"""Size of one piece, whatever the number of pixels; a few exist at a time. The map of a 92x92 prediction has 286 MB."""


def row_chunks(rows: int, columns: int, like: Tensor) -> Iterator[slice]:
    """Cut a map into pieces of whole rows.

    Args:
        rows: Rows of the map.
        columns: Columns of the map, at least 1.
        like: A tensor of the map's type.

    Returns:
        Slices of at least one row and, beyond that, of at most :data:`CHUNK_BYTES`.
    """
    step = max(1, CHUNK_BYTES // (columns * like.element_size()))
    return (slice(start, min(start + step, rows)) for start in range(0, rows, step))


def blocks(n: int, like: Tensor) -> Iterator[tuple[slice, slice]]:
    """Cut a square map into square blocks, of which those on and above the diagonal are given.

    Args:
        n: Rows and columns of the map.
        like: A tensor of the map's type.

    Returns:
        Rows and columns of each block, of at most :data:`CHUNK_BYTES`.
    """
    edge = max(1, isqrt(CHUNK_BYTES // like.element_size()))
    edges = [slice(start, min(start + edge, n)) for start in range(0, n, edge)]
    return ((rows, columns) for i, rows in enumerate(edges) for columns in edges[i:])
