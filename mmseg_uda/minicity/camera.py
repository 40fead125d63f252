"""The pinhole camera, and rectangles of the world that it looks at.

World: metres, x to the right, y up, z along the road away from the camera, the ground at y = 0.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

FAR = 400.0
NEAR = 0.6


@dataclass(frozen=True)
class Camera:
    """A pinhole camera looking down a road that may bend.

    Pitch and yaw are small and expressed as shifts of the principal point, so verticals stay
    vertical. ``focal``, ``cx`` and ``horizon`` are pixels of a ``height`` x ``width`` canvas.

    Args:
        x, y: position beside the road's middle and above the ground, metres.
        bend: lateral shift of the world at depth z is ``bend * z**2``, metres.
    """

    height: int
    width: int
    focal: float
    cx: float
    horizon: float
    x: float
    y: float
    bend: float = 0.0

    def project(self, points: np.ndarray) -> np.ndarray:
        """Pixels (..., 2) of world points (..., 3); points nearer than ``NEAR`` are moved to it."""
        pixels = np.empty((*points.shape[:-1], 2))
        z = np.maximum(points[..., 2], NEAR)
        scale = self.focal / z
        pixels[..., 0] = (points[..., 0] + (self.bend * z * z - self.x)) * scale + self.cx
        pixels[..., 1] = (self.y - points[..., 1]) * scale + self.horizon
        return pixels

    def sees(self, x: float, z: float, reach: float = 3.0) -> bool:
        """Whether something within ``reach`` metres of (x, z) may be in the picture."""
        u = (x - self.x + self.bend * z * z) * self.focal / z + self.cx
        margin = reach * self.focal / z
        return -margin < u < self.width + margin

    def resized(self, height: int, width: int) -> 'Camera':
        """The same view on another canvas of the same aspect."""
        factor = width / self.width
        return replace(
            self,
            height=height,
            width=width,
            focal=self.focal * factor,
            cx=self.cx * factor,
            horizon=self.horizon * height / self.height,
        )

    def ground(self) -> tuple[int, np.ndarray, np.ndarray]:
        """What the ground below the horizon is made of.

        Returns:
            The first row below the horizon, and for the rows from there on: world x (rows, width)
            and z (rows, 1), float32 metres, z at most ``FAR``.
        """
        top = int(np.clip(np.ceil(self.horizon), 0, self.height))
        rows = np.arange(top, self.height, dtype=np.float32)[:, None] + 0.5
        z = self.focal * self.y / np.maximum(rows - self.horizon, 1e-3)
        z = np.minimum(z, FAR).astype(np.float32)
        columns = np.arange(self.width, dtype=np.float32) + np.float32(0.5 - self.cx)
        x = columns * (z / self.focal) + (self.x - self.bend * z * z)
        return top, x.astype(np.float32), z


@dataclass(frozen=True)
class Face:
    """A parallelogram in the world, addressed by (u, v) in [0, 1]: ``origin + u along + v up``."""

    origin: tuple[float, float, float]
    along: tuple[float, float, float]
    up: tuple[float, float, float]

    def at(self, uv: np.ndarray) -> np.ndarray:
        """World points (..., 3) of face coordinates (..., 2)."""
        origin, along, up = self._frame
        return origin + uv[..., :1] * along + uv[..., 1:] * up

    @cached_property
    def _frame(self) -> np.ndarray:
        return np.array((self.origin, self.along, self.up))

    def corners(self) -> np.ndarray:
        """Its four corners, (4, 3)."""
        origin, along, up = self._frame
        return origin + np.array((0 * up, along, along + up, up))

    def rectangles(self, u: tuple[float, float] | np.ndarray, v: tuple[float, float] | np.ndarray) -> np.ndarray:
        """Corners (N, 4, 3) of the N rectangles between ``u`` (N, 2) and ``v`` (N, 2)."""
        u, v = np.atleast_2d(u), np.atleast_2d(v)
        corners = np.empty((max(len(u), len(v)), 4, 2))
        corners[..., 0] = u[:, [0, 1, 1, 0]]
        corners[..., 1] = v[:, [0, 0, 1, 1]]
        return self.at(corners)

    def grid(self, columns: int, rows: int, fill: tuple[float, float] = (0.6, 0.6)) -> np.ndarray:
        """Corners (columns * rows, 4, 3) of a regular grid of openings filling part of each cell."""
        i, j = np.meshgrid(np.arange(columns), np.arange(rows), indexing='ij')
        u = (i.reshape(-1, 1) + 0.5 + np.array([-0.5, 0.5]) * fill[0]) / columns
        v = (j.reshape(-1, 1) + 0.5 + np.array([-0.5, 0.5]) * fill[1]) / rows
        return self.rectangles(u, v)

    def part(self, u: tuple[float, float], v: tuple[float, float]) -> 'Face':
        """The sub-face between these face coordinates."""
        origin, along, up = self._frame
        start = origin + u[0] * along + v[0] * up
        return Face(tuple(start), tuple(along * (u[1] - u[0])), tuple(up * (v[1] - v[0])))


def upright(x: float, z: float, width: float, height: float, y: float = 0.0) -> Face:
    """A face towards the camera, ``width`` wide about ``x``, from ``y`` up."""
    return Face((x - width / 2, y, z), (width, 0, 0), (0, height, 0))


@dataclass(frozen=True)
class Box:
    """An axis-aligned box: its faces are what a camera can see of it."""

    x: tuple[float, float]
    y: tuple[float, float]
    z: tuple[float, float]

    def front(self) -> Face:
        """The face towards the camera."""
        (x0, x1), (y0, y1) = self.x, self.y
        return Face((x0, y0, self.z[0]), (x1 - x0, 0, 0), (0, y1 - y0, 0))

    def side(self, camera: Camera) -> Face | None:
        """The left or right face, whichever is seen; u runs away from the camera."""
        (x0, x1), (y0, y1), (z0, z1) = self.x, self.y, self.z
        shift = camera.bend * z0 * z0 - camera.x
        if x0 + shift > 0:
            x = x0
        elif x1 + shift < 0:
            x = x1
        else:
            return None
        return Face((x, y0, z0), (0, 0, z1 - z0), (0, y1 - y0, 0))

    def top(self, camera: Camera) -> Face | None:
        """The roof, when the camera is above it."""
        (x0, x1), (z0, z1) = self.x, self.z
        if camera.y <= self.y[1]:
            return None
        return Face((x0, self.y[1], z0), (x1 - x0, 0, 0), (0, 0, z1 - z0))

    def footprint(self) -> np.ndarray:
        """Its corners on the ground, (4, 3)."""
        (x0, x1), (z0, z1) = self.x, self.z
        return np.array([[x0, 0, z0], [x1, 0, z0], [x1, 0, z1], [x0, 0, z1]])
