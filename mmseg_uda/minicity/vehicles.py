"""Cars, trucks, buses and trains: boxes with details on their faces."""

import numpy as np

from .camera import Box, Face
from .canvas import Colour
from .classes import ID, LICENSE_PLATE
from .palette import shade
from .stage import Stage, ellipse_on

LENGTHS = {'car': 4.3, 'truck': 8.0, 'bus': 11.5, 'train': 26.0}
"""Metres along the road, with which a lane is filled."""

_RED, _WHITE = (214, 40, 36), (248, 244, 214)


def _centred(x: float, width: float) -> tuple[float, float]:
    return x - width / 2, x + width / 2


def _windows(stage: Stage, face: Face | None, u, v, count: int, glass: Colour) -> None:
    if face is None:
        return
    stage.fill(face.part(u, v).grid(count, 1, (0.88, 1.0)), glass)


def _wheels(stage: Stage, face: Face | None, at: tuple, radius: float, entity: int) -> None:
    """Wheels on a side face whose lower edge hangs ``radius`` above the ground."""
    if face is None:
        return
    tyre, metal = stage.palette.pick('tyre'), stage.palette.pick('pole')
    for u in at:
        stage.fill(ellipse_on(face, u, 0.0, radius), tyre, entity)
        stage.fill(ellipse_on(face, u, 0.0, radius * 0.5), metal)


def _end_lights(
    stage: Stage,
    front: Face,
    towards: bool,
    v: tuple[float, float],
    plate: int | None = None,
) -> None:
    """Head- or tail-lights and the licence plate, which may be an entity of its own."""
    lamp = _WHITE if towards else _RED
    stage.fill(front.rectangles(np.array([[0.04, 0.2], [0.8, 0.96]]), v), lamp)
    low = v[0] - 0.8 * (v[1] - v[0])
    stage.fill(front.rectangles((0.36, 0.64), (low, v[0])), stage.palette.pick('plate'), plate)


def _rear_wheels(stage: Stage, box: Box, entity: int) -> None:
    """The lower halves of two wheels, seen from behind or in front."""
    (x0, x1), z = box.x, box.z[0]
    width = 0.14 * (x1 - x0)
    tyre = stage.palette.pick('tyre')
    for x in (x0 + 0.06, x1 - 0.06 - width):
        wheel = Face((x, 0.0, z + 0.2), (width, 0, 0), (0, box.y[0] + 0.1, 0))
        stage.face(wheel, tyre, entity)


def car(stage: Stage, x: float, z: float, towards: bool) -> None:
    """A car driving along the road; ``towards`` shows its front."""
    entity = stage.canvas.entity(ID['car'], z, instance=True)
    paint, glass = stage.palette.pick('car'), stage.palette.pick('glass')
    length, width = stage.uniform(3.7, 4.6), stage.uniform(1.7, 1.85)
    waist, roof = stage.uniform(0.85, 0.95), stage.uniform(1.4, 1.7)
    body = Box(_centred(x, width), (0.28, waist), (z, z + length))
    # the cabin sits towards the rear, which is the near end of a car driving away
    start, end = (0.28, 0.95) if towards else (0.04, 0.72)
    cabin = Box(_centred(x, width * 0.86), (waist, roof), (z + start * length, z + end * length))
    stage.cast(body, roof)
    _rear_wheels(stage, body, entity)
    front, side = stage.box(body, paint, entity)
    _wheels(stage, side, (0.2, 0.8), 0.33, entity)
    cabin_front, cabin_side = stage.box(cabin, paint, entity)
    _windows(stage, cabin_side, (0.04, 0.96), (0.12, 0.82), 2, shade(glass, 0.9))
    _windows(stage, cabin_front, (0.02, 0.98), (0.08, 0.84), 1, glass)
    stage.fill(front.rectangles((0.0, 1.0), (0.0, 0.16)), shade(paint, 0.4))
    # only on cars, so that formats without a plate class can write it as car
    plate = stage.canvas.relabelled(entity, LICENSE_PLATE)
    _end_lights(stage, front, towards, (0.52, 0.82), plate)


def crossing_car(stage: Stage, x: float, z: float) -> None:
    """A car seen from its side, on a crossing street."""
    entity = stage.canvas.entity(ID['car'], z, instance=True)
    paint, glass = stage.palette.pick('car'), stage.palette.pick('glass')
    box = Box((x - 2.1, x + 2.1), (0.0, 1.5), (z, z + 1.75))
    face = box.front()
    stage.cast(box)
    top = box.top(stage.camera)
    if top is not None:
        stage.face(top.part((0.2, 0.75), (0, 1)), shade(paint, 1.1), entity)
    outline = [[0, 0.2], [1, 0.2], [1, 0.52], [0.8, 0.62], [0.66, 1], [0.3, 1], [0.14, 0.62]]
    stage.fill(face.at(np.array([*outline, [0, 0.58]])), shade(paint, 0.92), entity)
    for pane in ([[0.2, 0.62], [0.46, 0.62], [0.46, 0.93], [0.33, 0.93]],):
        stage.fill(face.at(np.array(pane)), glass)
        stage.fill(face.at(np.array([[0.96 - u, v] for u, v in pane])), glass)
    wheels = Face((box.x[0], 0.33, z), face.along, face.up)
    _wheels(stage, wheels, (0.2, 0.8), 0.33, entity)


def truck(stage: Stage, x: float, z: float, towards: bool) -> None:
    """A lorry: cab and cargo box."""
    entity = stage.canvas.entity(ID['truck'], z, instance=True)
    paint, cargo = stage.palette.pick('truck'), stage.palette.pick('truck')
    length, height = stage.uniform(6.5, 9.0), stage.uniform(2.9, 3.7)
    cab_length = 2.0
    near = (z, z + cab_length) if towards else (z + length - cab_length, z + length)
    rest = (z + cab_length + 0.3, z + length) if towards else (z, z + length - cab_length - 0.3)
    cab = Box(_centred(x, 2.3), (0.5, 2.6), near)
    hold = Box(_centred(x, 2.5), (0.75, height), rest)
    stage.cast(Box(hold.x, (0, height), (z, z + length)))
    parts = [(hold, cargo), (cab, paint)]
    for box, colour in parts if towards else parts[::-1]:
        _rear_wheels(stage, box, entity)
        front, side = stage.box(box, colour, entity)
        _wheels(stage, side, (0.25,) if box is cab else (0.5, 0.78), 0.48, entity)
        if box is cab:
            _windows(stage, side, (0.2, 0.8), (0.5, 0.85), 1, stage.palette.pick('glass'))
        if box is cab and towards:
            _windows(stage, front, (0.06, 0.94), (0.5, 0.88), 1, stage.palette.pick('glass'))
            _end_lights(stage, front, True, (0.14, 0.26))
        elif box is hold and not towards:
            seams = np.array([[0.0, 0.03], [0.48, 0.52], [0.97, 1.0]])
            stage.fill(front.rectangles(seams, (0.02, 0.98)), shade(cargo, 0.6))
            _end_lights(stage, front, False, (0.02, 0.09))


def bus(stage: Stage, x: float, z: float, towards: bool) -> None:
    """A city bus: one tall box with a band of windows."""
    entity = stage.canvas.entity(ID['bus'], z, instance=True)
    paint, glass = stage.palette.pick('bus'), stage.palette.pick('glass')
    length, height = stage.uniform(10.0, 12.5), stage.uniform(2.9, 3.3)
    box = Box(_centred(x, 2.55), (0.35, height), (z, z + length))
    stage.cast(box)
    _rear_wheels(stage, box, entity)
    front, side = stage.box(box, paint, entity)
    _windows(stage, side, (0.02, 0.98), (0.42, 0.84), 6, glass)
    _wheels(stage, side, (0.22, 0.78), 0.48, entity)
    _windows(stage, front, (0.05, 0.95), (0.36 if towards else 0.5, 0.82), 1, glass)
    stage.fill(front.rectangles((0.2, 0.8), (0.87, 0.97)), (28, 28, 30))
    stage.fill(front.rectangles((0.3, 0.7), (0.89, 0.95)), (250, 190, 60))
    _end_lights(stage, front, towards, (0.12, 0.2))


def train(stage: Stage, x: float, z: float, towards: bool) -> None:
    """A tram of two or three wagons, light band below the windows."""
    entity = stage.canvas.entity(ID['train'], z, instance=True)
    paint, glass = stage.palette.pick('train'), stage.palette.pick('glass')
    wagon, height = stage.uniform(8.0, 9.5), stage.uniform(3.3, 3.8)
    count = int(stage.rng.integers(2, 4))
    for i in reversed(range(count)):
        start = z + i * (wagon + 0.5)
        box = Box(_centred(x, 2.6), (0.15, height), (start, start + wagon))
        stage.cast(box)
        front, side = stage.box(box, paint, entity)
        if side is not None:
            stage.face(side.part((0, 1), (0.28, 0.38)), shade(_WHITE, 0.9))
            stage.face(side.part((0, 1), (0.0, 0.08)), shade(paint, 0.35))
        _windows(stage, side, (0.03, 0.97), (0.45, 0.82), 5, glass)
        if i:
            stage.face(front, shade(paint, 0.4))
    stage.fill(front.rectangles((0.0, 1.0), (0.28, 0.38)), shade(_WHITE, 0.95))
    _windows(stage, front, (0.08, 0.92), (0.45, 0.85), 1, glass)
    stage.fill(front.rectangles((0.35, 0.65), (0.89, 0.97)), (250, 200, 80))
    stage.fill(front.rectangles(np.array([[0.1, 0.22], [0.78, 0.9]]), (0.16, 0.24)), _WHITE)


DRAW = {'car': car, 'truck': truck, 'bus': bus, 'train': train}
