"""A colour picture and, aligned with it pixel for pixel, what is seen there."""

import cv2
import numpy as np

SHIFT = 3  # fractional bits of the polygon corners handed to OpenCV
LIMIT = 1 << 20  # corners far outside the canvas are pulled to this many pixels
GROUND_DEPTH = -1.0  # marks entities whose depth follows from the ground plane

Colour = tuple[float, float, float]


class Canvas:
    """RGB picture and entity map, painted far to near without antialiasing.

    An *entity* is anything that has one class, one depth and perhaps an instance number; the map
    holds its index, so one fill writes class, depth and instance together.
    """

    def __init__(self, height: int, width: int):
        self.rgb = np.zeros((height, width, 3), np.uint8)
        self.entities = np.zeros((height, width), np.uint16)
        self._labels: list[int] = [0]
        self._depths: list[float] = [GROUND_DEPTH]
        self._instances: list[int] = [0]
        self._instance_count = 0

    def entity(self, label: int, depth: float = GROUND_DEPTH, instance: bool = False) -> int:
        """Register an entity of Cityscapes id ``label`` at ``depth`` metres; return its index."""
        self._instance_count += instance
        return self._add(label, depth, self._instance_count if instance else 0)

    def relabelled(self, entity: int, label: int) -> int:
        """Register a part of another class on an entity, of the same depth and instance."""
        return self._add(label, self._depths[entity], self._instances[entity])

    def _add(self, label: int, depth: float, instance: int) -> int:
        self._labels.append(label)
        self._depths.append(depth)
        self._instances.append(instance)
        return len(self._labels) - 1

    def fill(self, polygons: np.ndarray, colour: Colour | None = None, entity: int | None = None) -> None:
        """Fill polygons (N, K, 2) or (K, 2), in pixels.

        Without ``colour`` only the entity map changes (what lies behind stays visible, as through
        the spokes of a wheel); without ``entity`` only the picture does (details of an object).
        """
        corners = np.maximum(np.minimum(polygons, LIMIT), -LIMIT) * (1 << SHIFT)
        corners = np.rint(corners).astype(np.int32, order='C')
        corners = corners.reshape(-1, *polygons.shape[-2:])
        if colour is not None:
            cv2.fillPoly(self.rgb, corners, colour, shift=SHIFT)
        if entity is not None:
            cv2.fillPoly(self.entities, corners, entity, shift=SHIFT)

    def tables(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Per entity: Cityscapes id (uint8), depth in metres (float32), instance number (uint16).

        Depth is ``GROUND_DEPTH`` for the ground; instances count from 1, 0 is 'not counted'.
        """
        return (
            np.asarray(self._labels, np.uint8),
            np.asarray(self._depths, np.float32),
            np.asarray(self._instances, np.uint16),
        )


def halve_map(values: np.ndarray) -> np.ndarray:
    """The most frequent value of each 2 x 2 block: (2h, 2w) -> (h, w)."""
    a, b = values[0::2, 0::2], values[0::2, 1::2]
    c, d = values[1::2, 0::2], values[1::2, 1::2]
    # a value held twice wins; a tie of two pairs, or four different ones, falls to one of them
    return np.where((b == c) | (b == d), b, np.where(c == d, c, a))
