"""What every object is drawn with: canvas, camera, random numbers, palette and the one light."""

from dataclasses import dataclass, field
from functools import lru_cache

import cv2
import numpy as np

from .camera import Box, Camera, Face
from .canvas import Canvas, Colour
from .palette import Palette, shade


@dataclass
class Sun:
    """The one light: ``side`` -1 or 1 is where it stands; shadows reach ``reach`` m a m height."""

    side: int
    reach: float
    ahead: float

    def light(self, normal_x: float) -> float:
        """Brightness of a face whose normal points to ``normal_x`` (0: towards the camera)."""
        return 0.9 + 0.16 * self.side * normal_x

    def shadow(self, points: np.ndarray, height: float) -> np.ndarray:
        """Ground points (..., 3) shifted to where something ``height`` above them casts to."""
        return points + np.array([-self.side * self.reach * height, 0, self.ahead * height])


@dataclass
class Stage:
    """A scene being painted.

    ``shadows`` collects polygons (K, 3) on the ground; they are cast when the scene is complete.
    """

    canvas: Canvas
    camera: Camera
    rng: np.random.Generator
    palette: Palette
    sun: Sun
    shadows: list[np.ndarray] = field(default_factory=list)

    def uniform(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def fill(self, points: np.ndarray, colour: Colour | None, entity: int | None = None) -> None:
        """Paint polygons given in the world, (N, K, 3) or (K, 3); see ``Canvas.fill``."""
        self.canvas.fill(self.camera.project(points), colour, entity)

    def face(self, face: Face, colour: Colour | None, entity: int | None = None) -> None:
        self.fill(face.corners(), colour, entity)

    def box(self, box: Box, colour: Colour, entity: int) -> tuple[Face, Face | None]:
        """Paint what is seen of a box; return its front and, where visible, its side."""
        top, side, front = box.top(self.camera), box.side(self.camera), box.front()
        if top is not None:
            self.face(top, shade(colour, 1.1), entity)
        if side is not None:
            normal = -1 if side.origin[0] == box.x[0] else 1
            self.face(side, shade(colour, self.sun.light(normal) * 0.92), entity)
        self.face(front, shade(colour, self.sun.light(0)), entity)
        return front, side

    def cast(self, box: Box, height: float | None = None) -> None:
        """Remember the shadow of a box: its footprint, swept away from the sun."""
        base = box.footprint()
        far = self.sun.shadow(base, box.y[1] if height is None else height)
        corners = np.concatenate([base, far])
        flat = np.ascontiguousarray(corners[:, [0, 2]], np.float32)
        self.shadows.append(corners[cv2.convexHull(flat, returnPoints=False)[:, 0]])

    def distance_detail(self, z: float, metres: float) -> float:
        """How long ``metres`` are at depth ``z``, in 1/512 of the picture's width.

        Relative, so that a scene has the same parts, and draws the same random numbers, at any size.
        """
        return 512 * self.camera.focal / self.camera.width * metres / z


@lru_cache(maxsize=8)
def disc(corners: int = 16) -> np.ndarray:
    """A unit circle about the origin, (corners, 2)."""
    angle = np.arange(corners) * (2 * np.pi / corners)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    circle.flags.writeable = False  # shared by all callers
    return circle


def stroke(start: tuple[float, float], end: tuple[float, float], width: float) -> np.ndarray:
    """A line of ``width`` as a quadrilateral, (4, 2)."""
    a, b = np.asarray(start, float), np.asarray(end, float)
    direction = (b - a) / max(np.hypot(*(b - a)), 1e-9)
    across = np.array([-direction[1], direction[0]]) * (width / 2)
    return np.stack([a + across, b + across, b - across, a - across])


def ellipse_on(face: Face, u: float, v: float, radius: float, corners: int = 14) -> np.ndarray:
    """A circle of ``radius`` metres on a face about (u, v), (corners, 3)."""
    width, height = np.linalg.norm(face.along), np.linalg.norm(face.up)
    return face.at(np.array([u, v]) + disc(corners) * radius / np.array([width, height]))
