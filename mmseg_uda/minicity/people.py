"""Persons, bicycles, motorcycles and who rides them: flat figures turned towards the camera."""

import numpy as np

from .classes import ID
from .palette import shade
from .stage import Stage, disc, stroke


class Figure:
    """A flat figure standing at (x, z) and turned away by ``squeeze`` = cos(angle), signed."""

    def __init__(self, stage: Stage, x: float, z: float, size: float = 1.0, squeeze: float = 1.0):
        self.stage, self.x, self.z = stage, x, z
        self.scale = np.array([size * squeeze, size])

    def draw(self, points: np.ndarray, colour, entity: int | None) -> None:
        """Fill a polygon (K, 2) given in the figure's own metres."""
        flat = np.asarray(points, float) * self.scale
        world = np.stack([self.x + flat[:, 0], flat[:, 1], np.full(len(flat), self.z)], axis=-1)
        self.stage.fill(world, colour, entity)

    def line(self, start, end, width: float, colour, entity: int | None) -> None:
        self.draw(stroke(start, end, width), colour, entity)

    def circle(self, x: float, y: float, radius: float, colour, entity: int | None) -> None:
        self.draw(disc() * radius + np.array([x, y]), colour, entity)


def _shadow(stage: Stage, x: float, z: float, width: float, height: float) -> None:
    base = np.array([[x - width / 2, 0, z], [x + width / 2, 0, z]])
    far = stage.sun.shadow(base, height)
    stage.shadows.append(np.concatenate([base, far[::-1]]))
    stage.shadows.append(np.concatenate([base, base[::-1] + np.array([0, 0, 0.4])]))


def person(stage: Stage, x: float, z: float) -> None:
    """A pedestrian, standing or walking."""
    figure = Figure(stage, x, z, stage.uniform(0.85, 1.08), stage.uniform(0.75, 1.0))
    entity = stage.canvas.entity(ID['person'], z, instance=True)
    pick = stage.palette.pick
    trousers, cloth, skin = pick('trousers'), pick('cloth'), pick('skin')
    step = stage.uniform(0.02, 0.22)
    figure.line((-0.06, 0.85), (-0.08 - step, 0.03), 0.17, shade(trousers, 0.85), entity)
    figure.line((0.06, 0.85), (0.08 + step, 0.03), 0.17, trousers, entity)
    _torso(figure, cloth, skin, entity, swing=stage.uniform(0.0, 0.2))
    _head(figure, 0.0, 1.6, skin, pick('hair'), entity)
    if stage.chance(0.3):
        figure.draw([[0.18, 0.85], [0.42, 0.85], [0.4, 1.15], [0.2, 1.15]], pick('cloth'), entity)
    _shadow(stage, x, z, 0.45, 1.7)


def _torso(figure: Figure, cloth, skin, entity: int, swing: float) -> None:
    for side, light in ((-1, 0.8), (1, 0.9)):
        elbow, hand = (side * (0.28 + swing / 2), 1.1), (side * (0.28 + swing), 0.85)
        figure.line((side * 0.22, 1.42), elbow, 0.13, shade(cloth, light), entity)
        figure.line(elbow, hand, 0.11, skin, entity)
    figure.draw([[-0.2, 0.8], [0.2, 0.8], [0.27, 1.46], [-0.27, 1.46]], cloth, entity)


def _head(figure: Figure, x: float, y: float, skin, hair, entity: int) -> None:
    figure.circle(x, y + 0.03, 0.14, hair, entity)
    figure.circle(x + 0.02, y - 0.02, 0.115, skin, entity)


def _wheel(figure: Figure, x: float, radius: float, tyre, entity: int) -> None:
    """A spoked wheel: all of it belongs to the vehicle, but one sees through."""
    figure.circle(x, radius, radius, None, entity)
    circle = np.concatenate([disc(18), disc(18)[:1]])
    ring = np.concatenate([circle * radius, circle[::-1] * (0.76 * radius)])
    figure.draw(ring + np.array([x, radius]), tyre, None)


def _cyclist(figure: Figure, seat: tuple[float, float], foot, hand, z: float) -> None:
    """Someone sitting on ``seat`` and holding on to ``hand``."""
    stage = figure.stage
    entity = stage.canvas.entity(ID['rider'], z, instance=True)
    pick = stage.palette.pick
    cloth, skin, trousers = pick('cloth'), pick('skin'), pick('trousers')
    seat_x, seat_y = seat
    knee = (seat_x + 0.38, seat_y - 0.22)
    shoulder = (seat_x + 0.22, seat_y + 0.55)
    figure.line(seat, knee, 0.19, trousers, entity)
    figure.line(knee, foot, 0.15, trousers, entity)
    figure.line((seat_x, seat_y - 0.05), shoulder, 0.36, cloth, entity)
    figure.line(shoulder, hand, 0.13, shade(cloth, 0.85), entity)
    helmet = pick('cloth') if stage.chance(0.6) else pick('hair')
    _head(figure, shoulder[0] + 0.08, shoulder[1] + 0.22, skin, helmet, entity)


def bicycle(stage: Stage, x: float, z: float, ridden: bool) -> None:
    """A bicycle, seen from a random angle, parked or with its rider."""
    squeeze = stage.uniform(0.35, 1.0) * (1 if stage.chance(0.5) else -1)
    figure = Figure(stage, x, z, stage.uniform(1.05, 1.2), squeeze)
    entity = stage.canvas.entity(ID['bicycle'], z, instance=True)
    frame, tyre = stage.palette.pick('cycle'), stage.palette.pick('tyre')
    for wheel in (-0.54, 0.54):
        _wheel(figure, wheel, 0.35, tyre, entity)
    crank, seat, head = (-0.05, 0.33), (-0.2, 0.85), (0.38, 0.85)
    bars = [((-0.54, 0.35), crank), (crank, seat), (crank, head), ((-0.16, 0.75), head)]
    bars += [((0.54, 0.35), (0.36, 0.98)), ((-0.54, 0.35), (-0.16, 0.75))]
    for start, end in bars:
        figure.line(start, end, 0.075, frame, entity)
    figure.line((-0.32, 0.9), (-0.08, 0.9), 0.08, tyre, entity)
    figure.line((0.25, 1.02), (0.45, 0.98), 0.06, tyre, entity)
    if ridden:
        _cyclist(figure, seat=(-0.2, 0.95), foot=(0.0, 0.25), hand=(0.36, 1.02), z=z - 0.05)
    _shadow(stage, x, z, 1.3 * abs(squeeze), 1.7 if ridden else 0.9)


def motorcycle(stage: Stage, x: float, z: float, ridden: bool) -> None:
    """A motorcycle: fat wheels and a closed body, parked or with its rider."""
    squeeze = stage.uniform(0.4, 1.0) * (1 if stage.chance(0.5) else -1)
    figure = Figure(stage, x, z, stage.uniform(1.05, 1.2), squeeze)
    entity = stage.canvas.entity(ID['motorcycle'], z, instance=True)
    paint, tyre = stage.palette.pick('cycle'), stage.palette.pick('tyre')
    metal = stage.palette.pick('pole')
    for wheel in (-0.68, 0.68):
        figure.circle(wheel, 0.33, 0.33, tyre, entity)
        figure.circle(wheel, 0.33, 0.15, metal, entity)
    figure.line((0.66, 0.33), (0.42, 0.98), 0.1, metal, entity)
    figure.draw([[-0.42, 0.28], [0.36, 0.28], [0.4, 0.6], [-0.45, 0.6]], shade(metal, 0.6), entity)
    tank = [[-0.85, 0.72], [-0.4, 0.5], [0.3, 0.5], [0.62, 0.75], [0.4, 0.98], [0.0, 0.95]]
    figure.draw([*tank, [-0.2, 0.78], [-0.8, 0.86]], paint, entity)
    figure.line((-0.62, 0.8), (-0.1, 0.8), 0.12, tyre, entity)
    figure.line((0.28, 1.12), (0.48, 0.96), 0.07, tyre, entity)
    figure.circle(0.56, 0.86, 0.1, (250, 244, 200), entity)
    if ridden:
        _cyclist(figure, seat=(-0.25, 0.92), foot=(-0.05, 0.3), hand=(0.32, 1.1), z=z - 0.05)
    _shadow(stage, x, z, 1.6 * abs(squeeze), 1.7 if ridden else 1.0)
