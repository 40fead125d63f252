"""One picture of MiniCity: plan, paint twice as large, halve, develop."""

from dataclasses import dataclass

import cv2
import numpy as np

from .canvas import GROUND_DEPTH, Canvas, halve_map
from .classes import SYNTHIA_ABSENT
from .layout import (
    CAMERA_LAYOUT,
    CAMERA_PRESENCE,
    GAME_LAYOUT,
    GAME_PRESENCE,
    HIGH_LAYOUT,
    Layout,
    draw_plan,
)
from .looks import GAME_LOOK, TRACKS, Gap, develop, strengths
from .palette import Palette
from .stage import Stage, Sun
from .street import paint_street


@dataclass(frozen=True)
class Style:
    """How one data set looks.

    Attributes:
        gap: what separates it from the game's look.
        layout: the ranges at layout strength 0, from which ``gap.layout`` leads to the camera's.
        presence: probability of rare things in a picture.
        absent: rare things never drawn.
        border: width of the rim labelled out of view, relative to the picture's width.
    """

    gap: Gap
    layout: Layout
    presence: dict[str, float]
    absent: tuple[str, ...] = ()
    border: float = 0.0


STYLES = {
    'gta': Style(GAME_LOOK, GAME_LAYOUT, GAME_PRESENCE),
    'synthia': Style(GAME_LOOK, HIGH_LAYOUT, {**GAME_PRESENCE, 'bonnet': 0.0}, absent=SYNTHIA_ABSENT),
    **{track: Style(gap, GAME_LAYOUT, CAMERA_PRESENCE, border=0.008) for track, gap in TRACKS.items()},
}


@dataclass(frozen=True)
class Picture:
    """A rendered picture.

    Attributes:
        rgb: (h, w, 3) uint8.
        labels: (h, w) uint8 Cityscapes ids, 34 for licence plates.
        instances: (h, w) uint16, counted from 1; 0 where nothing is counted.
        severity: t in [0, 1].
    """

    rgb: np.ndarray
    labels: np.ndarray
    instances: np.ndarray
    severity: float


def render(style: Style, size: tuple[int, int], seed: tuple[int, ...]) -> Picture:
    """Render one picture.

    The same ``seed`` gives the same scene at every size, and the same bytes at the same size.

    Args:
        style: a value of ``STYLES``.
        size: (height, width) of the picture, pixels.
        seed: whatever identifies the picture, e.g. (seed, split, index).
    """
    scene_seed, look_seed = np.random.SeedSequence(seed).spawn(2)
    rng, look_rng = np.random.default_rng(scene_seed), np.random.default_rng(look_seed)
    severity = float(rng.random())
    acting = strengths(style.gap, severity)
    layout = style.layout.towards(CAMERA_LAYOUT, acting.layout)
    double = (2 * size[0], 2 * size[1])
    plan = draw_plan(layout, style.presence, style.absent, double, rng)
    sun = Sun(side=1 if rng.random() < 0.5 else -1, reach=rng.uniform(0.3, 0.9), ahead=rng.uniform(0, 0.3))
    stage = Stage(Canvas(*double), plan.camera, rng, Palette(rng, acting.palette), sun)
    paint_street(stage, plan, style.border)

    entities = halve_map(stage.canvas.entities)
    labels, depths, instances = stage.canvas.tables()
    rgb = cv2.resize(stage.canvas.rgb, size[::-1], interpolation=cv2.INTER_AREA)
    picture = develop(
        rgb.astype(np.float32) / 255,
        labels[entities],
        depths[entities],
        _cast_shadows(stage, depths, size),
        plan.camera.resized(*size),
        look_rng,
        acting,
    )
    return Picture(picture, labels[entities], instances[entities], severity)


def _cast_shadows(stage: Stage, depths: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """How much of each pixel is ground in shadow, (h, w) float32 in 0..1."""
    shadow = Canvas(stage.camera.height, stage.camera.width)
    for polygon in stage.shadows:
        shadow.fill(stage.camera.project(polygon), None, 1)
    on_ground = (depths == GROUND_DEPTH)[stage.canvas.entities]
    lit = cv2.blur(shadow.entities.astype(np.float32), (5, 5)) * on_ground
    return cv2.resize(lit, size[::-1], interpolation=cv2.INTER_AREA)
