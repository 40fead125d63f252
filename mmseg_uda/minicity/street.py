"""Paint a plan: sky and ground first, then everything that stands on it, far to near."""

from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np

from . import people, roadside, vehicles
from .camera import FAR, NEAR, Face
from .classes import EGO, ID, OUT_OF_ROI
from .layout import Plan
from .palette import shade
from .stage import Stage, disc

STREET_END = 110.0  # metres to which houses line the street
BAND_METRES = 60.0  # ground further to the side than this looks as it does there
BAND_STEPS = 50  # entries of the ground table per metre


class Item(NamedTuple):
    """Something to paint: where it is (``z`` to ``end``), and how.

    Lots line the street, so nothing on it is ever behind a lot that it stands beside: their ``z``
    is their far end.
    """

    z: float
    x: float
    end: float
    paint: Callable[[], None]


def paint_street(stage: Stage, plan: Plan, border: float) -> None:
    """Paint the whole scene.

    Args:
        border: width of the rim that is labelled 'out of roi', relative to the picture's width.
    """
    _sky(stage)
    _ground(stage, plan)
    _markings(stage, plan)
    _skyline(stage)
    traffic = _traffic(stage, plan)
    walkers = [*_pedestrians(stage, plan), *_cycles(stage, plan)]
    walkers = [item for item in walkers if not any(_collide(item, other) for other in traffic)]
    small = [*_furniture(stage, plan), *walkers]
    small = [item for item in small if stage.camera.sees(item.x, item.z)]
    items = [*_lots(stage, plan), *traffic, *small]
    for item in _far_to_near(items, stage.camera.x):
        item.paint()
    if 'bonnet' in plan.present:
        _bonnet(stage)
    if border > 0:
        _out_of_view(stage, border)


def _collide(walker: Item, other: Item) -> bool:
    """Whether a walker stands inside or right behind a vehicle."""
    return abs(walker.x - other.x) < 1.7 and other.z - 0.8 < walker.z < other.end + 1.5


def _far_to_near(items: list[Item], camera_x: float) -> list[Item]:
    """Order items for painting: by near end, except what a long vehicle must not cover.

    That is, whatever stands beside it, between it and the camera, but further along than its end.
    """
    long = [item for item in items if item.end - item.z > 6]

    def key(item: Item) -> tuple[float, float]:
        order = item.z
        for other in long:
            nearer = abs(item.x - camera_x) < abs(other.x - camera_x)
            if other.z < item.z < other.end and nearer:
                order = min(order, other.z - 1e-3)
        return order, item.z

    return sorted(items, key=key, reverse=True)


# --- sky and ground -------------------------------------------------------------------------------


def _sky(stage: Stage) -> None:
    camera, canvas = stage.camera, stage.canvas
    high, low = (np.array(stage.palette.pick(name)) for name in ('sky high', 'sky low'))
    share = np.clip(np.arange(camera.height) / max(camera.horizon, 1), 0, 1)[:, None]
    canvas.rgb[:] = (high + (low - high) * share).astype(np.uint8)[:, None]
    canvas.entities[:] = canvas.entity(ID['sky'], FAR)
    before = canvas.rgb.copy()
    unit = camera.width / 40
    for _ in range(int(stage.rng.integers(0, 5))):
        centre = stage.uniform(0, camera.width), camera.horizon * stage.uniform(0.05, 0.75)
        colour, stretch = stage.palette.pick('cloud'), stage.uniform(1.5, 3.5)
        for _ in range(4):
            offset = stage.rng.uniform(-1, 1, 2) * unit * (stretch, 0.25)
            size = stage.uniform(0.4, 0.9) * unit * np.array([stretch, 0.5])
            canvas.fill(disc(20) * size + centre + offset, colour)
    if (before != canvas.rgb).any():
        soft = cv2.blur(canvas.rgb, (int(unit) | 1, int(unit / 2) | 1))
        canvas.rgb = cv2.addWeighted(soft, 0.7, before, 0.3, 0)


def _bands(stage: Stage, plan: Plan) -> list[tuple[float, int, tuple]]:
    """Bands of ground from the road's middle outwards: where each ends, its class and colour."""
    pick = stage.palette.pick
    paving, road = pick('paving'), plan.road
    bands = [(road, ID['road'], pick('asphalt')), (road + 0.18, ID['sidewalk'], pick('kerb'))]
    if plan.verge:
        bands.append((road + plan.verge, ID['terrain'], pick('grass')))
    bands.append((plan.edge, ID['sidewalk'], paving))
    if 'terrain' in plan.present:
        bands.append((np.inf, ID['terrain'], pick('grass')))
    else:
        bands.append((np.inf, ID['sidewalk'], shade(paving, 0.9)))
    return bands


def _ground(stage: Stage, plan: Plan) -> None:
    """Look every pixel below the horizon up in a table over its distance from the middle."""
    bands = _bands(stage, plan)
    distance = np.arange(int(BAND_METRES * BAND_STEPS)) / BAND_STEPS
    which = np.searchsorted([end for end, _, _ in bands[:-1]], distance, side='right')
    colours = np.array([colour for _, _, colour in bands]).astype(np.uint8)[which]
    entities = {label: stage.canvas.entity(label) for _, label, _ in bands}
    entity = np.array([entities[label] for _, label, _ in bands], np.uint16)[which]
    top, x, _ = stage.camera.ground()
    index = np.minimum(np.abs(x) * BAND_STEPS, len(distance) - 1).astype(np.int32)
    stage.canvas.rgb[top:] = colours[index]
    stage.canvas.entities[top:] = entity[index]


def _strip(x0: float, x1: float, z0: float, z1: float) -> np.ndarray:
    return np.array([[x0, 0, z0], [x1, 0, z0], [x1, 0, z1], [x0, 0, z1]])


def _markings(stage: Stage, plan: Plan) -> None:
    """Lane marks, sometimes a zebra crossing; all of it road."""
    lane = stage.palette.pick('lane')
    phase = stage.uniform(0, 9)
    dashes = np.arange(NEAR - 9 + phase, 90, 9.0)
    for z in dashes[dashes + 3.5 > NEAR]:
        stage.fill(_strip(-0.08, 0.08, max(z, NEAR), z + 3.5), lane)
    if stage.chance(0.5):
        for x in (-plan.road + 2.2, plan.road - 2.2):
            for z in np.geomspace(NEAR, 60, 12):
                stage.fill(_strip(x - 0.06, x + 0.06, z, z * 1.55), shade(lane, 0.92))
    if stage.chance(0.4):
        z = stage.uniform(7, 25)
        edges = np.arange(-plan.road + 0.5, plan.road - 0.5, 1.1)
        stage.fill(np.stack([_strip(x, x + 0.55, z, z + 3.0) for x in edges]), lane)
    for _ in range(int(stage.rng.integers(0, 3))):
        centre = np.array([stage.uniform(-plan.road, plan.road) * 0.8, 0, stage.uniform(4, 20)])
        flat = disc(14)
        cover = np.stack([flat[:, 0], np.zeros(14), flat[:, 1]], axis=-1) * 0.35
        stage.fill(centre + cover, shade(lane, 0.22))


def _skyline(stage: Stage) -> None:
    """Close the view at the end of the street: trees and far houses."""
    camera, canvas = stage.camera, stage.canvas
    centre = camera.x - camera.bend * 150**2
    green = canvas.entity(ID['vegetation'], 150.0)
    for x in np.arange(-150, 150, 14):
        if stage.chance(0.35):
            base, height = centre + x + stage.uniform(-5, 5), stage.uniform(6, 16)
            house = Face((base, 0, 170.0), (stage.uniform(12, 24), 0, 0), (0, height, 0))
            stage.face(house, stage.palette.pick('facade', 0.9), canvas.entity(ID['building'], 170))
    leaf = stage.palette.pick('leaf', 0.85)
    for x in np.arange(-150, 150, 9):
        size = np.array([stage.uniform(5, 9), stage.uniform(3, 7)])
        mound = np.concatenate([disc(12) * size, np.zeros((12, 1))], axis=1)
        mound += np.array([centre + x, 1.0, 150.0])
        stage.fill(mound, shade(leaf, stage.uniform(0.85, 1.1)), green)


# --- beside the road ------------------------------------------------------------------------------


def _lots(stage: Stage, plan: Plan) -> list[Item]:
    """Fill both sides of the street with houses, walls, fences and hedges."""
    items = []
    for side in (-1, 1):
        z = stage.uniform(-6, 1.5)
        while z < STREET_END:
            length = stage.uniform(8, 20)
            if z + length > NEAR + 1:
                items += _lot(stage, plan, side, max(z, NEAR), z + length)
            z += length + (stage.uniform(2, 7) if stage.chance(0.3) else 0.0)
    return items


def _lot(stage: Stage, plan: Plan, side: int, z0: float, z1: float) -> list[Item]:
    x = side * (plan.edge + stage.uniform(0.0, 0.6))
    if not stage.chance(plan.walls):
        return [Item(z1, x, z1, lambda: roadside.building(stage, side, x, z0, z1))]
    kinds = ['hedge', *(2 * [name for name in ('wall', 'fence') if name in plan.present])]
    kind = kinds[int(stage.rng.integers(len(kinds)))]
    paint = getattr(roadside, kind)
    behind = []
    back = x + side * stage.uniform(4, 9)
    if stage.chance(0.6):
        behind.append(lambda: roadside.building(stage, side, back, z0, z1))
    for z in sorted(stage.rng.uniform(max(z0, 4.0), z1 + 4.0, int(stage.rng.integers(0, 3))))[::-1]:
        beside = x + side * stage.uniform(1.5, 3.5)
        behind.append(lambda tree_x=beside, tree_z=z: roadside.tree(stage, tree_x, tree_z))
    row = [*behind, lambda: paint(stage, side, x, z0, z1)]
    return [Item(z1, x, z1, lambda: [draw() for draw in row])]


def _item(draw: Callable, stage: Stage, x: float, z: float, *args) -> Item:
    return Item(z, x, z, lambda: draw(stage, x, z, *args))


def _somewhere(stage: Stage, near: float, far: float) -> float:
    """A depth with as many things near as far on the picture, rather than on the ground."""
    return float(np.exp(stage.uniform(np.log(near), np.log(far))))


def _furniture(stage: Stage, plan: Plan) -> list[Item]:
    """Trees, poles, lights, signs and bins on the sidewalks."""
    draws = {
        'trees': (roadside.tree, (5, 60)),
        'poles': (roadside.lamp_post, (6, 60)),
        'signs': (roadside.traffic_sign, (5, 30)),
        'lights': (roadside.traffic_light, (6, 30)),
        'clutter': (roadside.bin_or_bench, (5, 25)),
    }
    items = []
    for name, (draw, (near, far)) in draws.items():
        for _ in range(plan.counts[name]):
            side = 1 if stage.chance(0.5) else -1
            kerb = plan.road + (stage.uniform(0.3, 0.7) if name != 'clutter' else plan.sidewalk / 2)
            items.append(_item(draw, stage, side * kerb, _somewhere(stage, near, far)))
    for _ in range(int(stage.rng.integers(0, 4))):
        side = 1 if stage.chance(0.5) else -1
        z = _somewhere(stage, 5, 25)
        items.append(_item(roadside.bollard, stage, side * (plan.road + 0.3), z))
    return items


# --- on the road ----------------------------------------------------------------------------------


def _traffic(stage: Stage, plan: Plan) -> list[Item]:
    """Vehicles in two driving lanes and two parking lanes, and perhaps one that crosses."""
    special = [name for name in ('truck', 'bus', 'train') if name in plan.present]
    stage.rng.shuffle(special)
    middle, kerb = plan.road * 0.45, plan.road - 1.1
    lanes = [(-middle, True, 4.0), (kerb, False, 6.0), (middle, False, 12.0), (-kerb, True, 6.0)]
    if plan.road < 6.3:  # too narrow for parking beside moving cars
        lanes = lanes[:1] + lanes[2:3]
    items = []
    for x, towards, start in lanes:
        items += _lane(stage, plan, x, towards, start, special)
    x, z = stage.uniform(-0.8, 0.8) * plan.road, stage.uniform(10, 30)
    free = all(abs(x - o.x) > 3.2 or not o.z - 2.5 < z < o.end + 0.5 for o in items)
    if free and stage.chance(0.4):
        items.append(_item(vehicles.crossing_car, stage, x, z))
    return items


def _lane(stage: Stage, plan: Plan, x: float, towards: bool, start: float, special: list[str]) -> list[Item]:
    """Fill one lane from ``start`` on; ``special`` vehicles are taken from the list first."""
    items = []
    z = start + stage.uniform(0, 9)
    while z < 75:
        if special and stage.chance(0.55):
            kind = special.pop()
        elif stage.chance(plan.traffic):
            kind = 'car'
        else:
            z += stage.uniform(5, 9)
            continue
        # fewer near the camera, where one vehicle hides the street
        if kind == 'car' and z < 9 and stage.chance(0.35):
            z += 4.0
            continue
        place, end = x + stage.uniform(-0.2, 0.2), z + vehicles.LENGTHS[kind]
        draw = vehicles.DRAW[kind]
        items.append(Item(z, place, end, lambda d=draw, p=place, q=z: d(stage, p, q, towards)))
        z = end + stage.uniform(1.5, 9.0)
    return items


def _pedestrians(stage: Stage, plan: Plan) -> list[Item]:
    items = []
    for _ in range(plan.counts['persons']):
        if stage.chance(0.2):
            x, z = stage.uniform(-0.9, 0.9) * plan.road, _somewhere(stage, 8, 30)
        else:
            side = 1 if stage.chance(0.5) else -1
            x = side * stage.uniform(plan.road + 0.4, plan.edge - 0.3)
            z = _somewhere(stage, 4.5, 35)
        items.append(_item(people.person, stage, x, z))
    return items


def _cycles(stage: Stage, plan: Plan) -> list[Item]:
    """Bicycles and motorcycles: riders at the edge of the road, parked ones on the sidewalk."""
    kinds = {
        'bicycle': (people.bicycle, False),
        'cyclist': (people.bicycle, True),
        'motorcycle': (people.motorcycle, False),
        'ridden motorcycle': (people.motorcycle, True),
    }
    items = []
    for name, (draw, ridden) in kinds.items():
        if name not in plan.present:
            continue
        for _ in range(int(stage.rng.integers(1, 3))):
            side = 1 if stage.chance(0.5) else -1
            offset = -stage.uniform(0.6, 2.2) if ridden else stage.uniform(0.6, 1.2)
            x, z = side * (plan.road + offset), _somewhere(stage, 5, 22)
            items.append(_item(draw, stage, x, z, ridden))
    return items


# --- the camera's own car -------------------------------------------------------------------------


def _bonnet(stage: Stage) -> None:
    """The ego vehicle's bonnet along the lower rim."""
    width, height = stage.camera.width, stage.camera.height
    colour, rise = stage.palette.pick('bonnet'), stage.uniform(0.05, 0.09)
    centre = np.array([width * stage.uniform(0.47, 0.53), height * 1.02])
    outline = disc(60) * np.array([width * 0.56, height * rise])
    stage.canvas.fill(outline + centre, colour, stage.canvas.entity(EGO, NEAR))
    stage.canvas.fill(outline * [0.8, 0.55] + centre, shade(colour, 1.25))


def _out_of_view(stage: Stage, border: float) -> None:
    """Labels a thin rim as out of the region of interest; the picture itself goes on there."""
    height, width = stage.camera.height, stage.camera.width
    # whole pixels of the final picture, which is half as large
    rim = max(2, 2 * round(border * width / 2))
    entity = stage.canvas.entity(OUT_OF_ROI)
    entities = stage.canvas.entities
    keep = entities[: height - rim, rim : width - rim].copy()
    entities[:] = entity
    entities[: height - rim, rim : width - rim] = keep
