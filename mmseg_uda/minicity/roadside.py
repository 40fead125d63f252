"""What stands beside the road: buildings, walls, fences, hedges, trees, poles, lights, signs."""

from itertools import pairwise

import numpy as np

from .camera import NEAR, Box, Face, upright
from .canvas import Colour
from .classes import ID, STATIC
from .palette import shade
from .stage import Stage, disc


def _slices(z0: float, z1: float, ratio: float = 1.35) -> list[tuple[float, float]]:
    """Cut a stretch of road into pieces whose depth is nearly constant, far ones first."""
    count = max(1, int(np.ceil(np.log(z1 / z0) / np.log(ratio))))
    edges = np.geomspace(z0, z1, count + 1)
    return list(pairwise(edges))[::-1]


def _along_road(
    stage: Stage,
    x: float,
    heights: tuple[float, float],
    z: tuple[float, float],
    colour: Colour | None,
    label: int,
) -> Face:
    """A long face beside the road, painted piece by piece so that haze follows its depth."""
    y0, y1 = heights
    for start, end in _slices(max(z[0], NEAR), z[1]):
        piece = Face((x, y0, start), (0, 0, end - start), (0, y1 - y0, 0))
        stage.face(piece, colour, stage.canvas.entity(label, (start + end) / 2))
    start = max(z[0], NEAR)
    return Face((x, y0, start), (0, 0, z[1] - start), (0, y1 - y0, 0))


def building(stage: Stage, side: int, x: float, z0: float, z1: float) -> None:
    """A house whose facade stands at ``x``, to the right (``side`` 1) or left (-1) of the road."""
    colour = stage.palette.pick('facade')
    height, depth = stage.uniform(6.0, 20.0), stage.uniform(8.0, 14.0)
    box = Box((min(x, x + side * depth), max(x, x + side * depth)), (0.0, height), (z0, z1))
    stage.cast(box)
    lit = shade(colour, stage.sun.light(-side))
    facade = _along_road(stage, x, (0.0, height), (z0, z1), lit, ID['building'])
    _storeys(stage, facade, max(z0, NEAR), lit, shop=stage.chance(0.5))
    if z0 > NEAR:
        gable = shade(colour, stage.sun.light(0))
        front = box.front()
        stage.face(front, gable, stage.canvas.entity(ID['building'], z0))
        _storeys(stage, front, z0, gable, shop=False)


def _storeys(stage: Stage, face: Face, z: float, wall: Colour, shop: bool) -> None:
    """Windows, a cornice and perhaps a shop front; nothing where it would be below a pixel."""
    width, height = np.linalg.norm(face.along), np.linalg.norm(face.up)
    if stage.distance_detail(z, 1.0) < 2.5:
        return
    ground_floor = min(0.5, 3.6 / height)
    glass = stage.palette.pick('glass')
    upper = face.part((0.02, 0.98), (ground_floor, 1 - 0.5 / height))
    columns = max(1, round(width / stage.uniform(1.9, 3.2)))
    rows = max(1, round((height - 4.1) / 3.0))
    openings = stage.camera.project(upper.grid(columns, rows, (0.5, 0.55)))
    stage.canvas.fill(openings, shade(glass, 0.9))
    lit = stage.rng.random(len(openings)) < 0.25
    if lit.any():
        stage.canvas.fill(openings[lit], shade(glass, 1.9))
    stage.face(face.part((0, 1), (1 - 0.45 / height, 1)), shade(wall, 0.7))
    if shop:
        stage.face(face.part((0, 1), (0, ground_floor * 0.86)), stage.palette.pick('shop'))
        panes = face.part((0.02, 0.98), (0.0, ground_floor * 0.7)).grid(columns, 1, (0.8, 0.8))
        stage.fill(panes, shade(glass, 1.2))
        stage.face(face.part((0, 1), (ground_floor * 0.72, ground_floor * 0.88)), _awning(stage))
    else:
        doors = face.part((0.02, 0.98), (0.0, ground_floor * 0.75)).grid(columns, 1, (0.42, 1.0))
        stage.fill(doors[::3], shade(wall, 0.45))


def _awning(stage: Stage) -> Colour:
    return stage.palette.pick('awning')


def wall(stage: Stage, side: int, x: float, z0: float, z1: float) -> None:
    """A stone wall along the road, with its courses and a coping."""
    colour = shade(stage.palette.pick('stone'), stage.sun.light(-side))
    height = stage.uniform(1.6, 3.0)
    stage.cast(Box((min(x, x + 0.3 * side), max(x, x + 0.3 * side)), (0, height), (z0, z1)))
    face = _along_road(stage, x, (0.0, height), (z0, z1), colour, ID['wall'])
    if stage.distance_detail(max(z0, NEAR), 0.4) > 2:
        rows = int(height / 0.4)
        columns = max(1, int((z1 - z0) / 0.9))
        stones = face.grid(columns, rows, (0.9, 0.84))
        light = stage.rng.random(len(stones)) < 0.5
        stage.fill(stones[light], shade(colour, 1.12))
        stage.fill(stones[~light], shade(colour, 0.9))
    stage.face(face.part((0, 1), (0.93, 1)), shade(colour, 1.25))
    if z0 > NEAR:
        end = Box((min(x, x + 0.4 * side), max(x, x + 0.4 * side)), (0.0, height), (z0, z0 + 0.1))
        stage.face(end.front(), shade(colour, 0.85), stage.canvas.entity(ID['wall'], z0))


def fence(stage: Stage, side: int, x: float, z0: float, z1: float) -> None:
    """Pickets and two rails; the gaps show what is behind and still belong to the fence."""
    colour = shade(stage.palette.pick('fence'), stage.sun.light(-side))
    height = stage.uniform(1.2, 2.1)
    face = _along_road(stage, x, (0.0, height), (z0, z1), None, ID['fence'])
    for low in (0.2, 0.78):
        stage.face(face.part((0, 1), (low, low + 0.09)), shade(colour, 0.8))
    stage.fill(face.grid(max(1, int((z1 - face.origin[2]) / 0.3)), 1, (0.58, 1.0)), colour)


def _foliage(stage: Stage, centre: np.ndarray, radius: float, count: int, entity: int, spread: float = 0.75) -> None:
    """Clumps of leaves about ``centre`` (3,), darker below and behind, lit towards the sun."""
    leaf = stage.palette.pick('leaf')
    offsets = stage.rng.uniform(-spread, spread, (count, 2))
    sizes = stage.rng.uniform(0.5, 0.72, (count, 1, 1))
    uneven = 1 + 0.14 * stage.rng.standard_normal((count, 13, 1))
    points = np.tile(centre, (count, 13, 1))
    points[..., :2] += (offsets[:, None] + disc(13) * uneven * sizes) * radius
    light = 0.72 + 0.4 * np.arange(count) / count
    light += offsets @ np.array([0.1 * stage.sun.side, 0.18])
    for polygon, brightness in zip(stage.camera.project(points), light, strict=True):
        stage.canvas.fill(polygon, shade(leaf, brightness), entity)


def hedge(stage: Stage, side: int, x: float, z0: float, z1: float) -> None:
    """Bushes along the road."""
    z = z1
    while z > max(z0, 2.5):
        radius = stage.uniform(0.7, 1.5)
        entity = stage.canvas.entity(ID['vegetation'], z)
        centre = np.array([x + side * stage.uniform(0.8, 2.5), radius * 0.8, z])
        _foliage(stage, centre, radius, 5, entity)
        z -= radius * max(1.0, z / 20)


def tree(stage: Stage, x: float, z: float, size: float = 1.0) -> None:
    """A tree; its trunk is vegetation, as in Cityscapes."""
    entity = stage.canvas.entity(ID['vegetation'], z)
    trunk, radius = stage.uniform(1.8, 2.8) * size, stage.uniform(1.2, 2.2) * size
    bark = stage.palette.pick('bark')
    stage.face(upright(x, z, 0.28 * size, trunk + 0.5), bark, entity)
    centre = np.array([x, trunk + 0.75 * radius, z])
    _foliage(stage, centre, radius, 9, entity)
    base = centre * [1, 0, 1]
    cast = stage.sun.shadow(base, trunk + 0.75 * radius)
    crown = np.stack([disc(12)[:, 0], np.zeros(12), disc(12)[:, 1]], axis=-1) * radius
    stage.shadows.append(cast + crown)
    stem = np.array([[-0.14, 0, 0], [0.14, 0, 0]]) * size
    stage.shadows.append(np.concatenate([base + stem, cast - stem]))


def _post(stage: Stage, x: float, z: float, height: float, width: float) -> int:
    entity = stage.canvas.entity(ID['pole'], z)
    colour = stage.palette.pick('pole')
    stage.face(upright(x, z, width, height), colour, entity)
    stage.face(upright(x + width * 0.3, z, width * 0.4, height), shade(colour, 0.75))
    stage.cast(Box((x - width / 2, x + width / 2), (0, height), (z, z + width)))
    return entity


def lamp_post(stage: Stage, x: float, z: float) -> None:
    """A street lamp whose arm reaches over the road."""
    height = stage.uniform(5.0, 7.5)
    entity = _post(stage, x, z, height, 0.18)
    reach = -np.sign(x) * 1.5
    arm = Face((x, height - 0.14, z), (reach, 0, 0), (0, 0.14, 0))
    stage.face(arm, stage.palette.pick('pole'), entity)
    lamp = Face((x + reach, height - 0.3, z), (-reach * 0.35, 0, 0), (0, 0.2, 0))
    stage.face(lamp, stage.palette.pick('housing'), entity)


def bollard(stage: Stage, x: float, z: float) -> None:
    """A short pole at the kerb."""
    _post(stage, x, z, stage.uniform(0.8, 1.3), 0.16)


def traffic_light(stage: Stage, x: float, z: float) -> None:
    """A pole with one head of three lamps, of which one is lit."""
    height = stage.uniform(2.5, 3.6)
    _post(stage, x, z, height, 0.14)
    entity = stage.canvas.entity(ID['traffic light'], z, instance=True)
    head = upright(x, z, 0.42, 1.1, height - 0.35)
    stage.face(head, stage.palette.pick('housing'), entity)
    lit = int(stage.rng.integers(3))
    for i, colour in enumerate([(40, 220, 90), (250, 190, 30), (240, 40, 34)]):
        centre = head.at(np.array([0.5, (i + 0.5) / 3]))
        lamp = np.concatenate([disc(10) * 0.14, np.zeros((10, 1))], axis=1) + centre
        stage.fill(lamp, colour if i == lit else shade(colour, 0.28))


def traffic_sign(stage: Stage, x: float, z: float) -> None:
    """A pole with a round, triangular or square sign."""
    height = stage.uniform(2.0, 2.9)
    _post(stage, x, z, height, 0.1)
    entity = stage.canvas.entity(ID['traffic sign'], z, instance=True)
    size, colour = stage.uniform(0.34, 0.5), stage.palette.pick('sign')
    plate = stage.palette.pick('plate')
    outline = {
        0: disc(16),
        1: np.array([[-1.0, -0.7], [1.0, -0.7], [0.0, 1.0]]),
        2: np.array([[-0.85, -0.85], [0.85, -0.85], [0.85, 0.85], [-0.85, 0.85]]),
    }[int(stage.rng.integers(3))]
    mark = np.array([[-0.14, -0.4], [0.14, -0.4], [0.14, 0.3], [-0.14, 0.3]])
    for shape, scale, paint in ((outline, 1, colour), (outline, 0.68, plate), (mark, 1, colour)):
        points = np.concatenate([shape * scale * size, np.zeros((len(shape), 1))], axis=1)
        stage.fill(points + np.array([x, height, z]), paint, entity)


def bin_or_bench(stage: Stage, x: float, z: float) -> None:
    """Street furniture, which Cityscapes calls 'static' and nobody is scored on."""
    width, height = (0.6, 1.1) if stage.chance(0.6) else (1.7, 0.5)
    box = Box((x - width / 2, x + width / 2), (0.0, height), (z, z + 0.5))
    stage.cast(box)
    stage.box(box, stage.palette.pick('bin'), stage.canvas.entity(STATIC, z))
