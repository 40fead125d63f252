"""What a scene holds: where the camera is, how wide the road is, how many of what are about."""

from dataclasses import dataclass, fields

import numpy as np

from .camera import Camera

Range = tuple[float, float]


@dataclass(frozen=True)
class Layout:
    """Ranges from which a scene is drawn.

    Attributes:
        focal: focal length over picture width.
        horizon: height of the horizon over picture height, from the top.
        camera_height, road, sidewalk: metres; ``road`` is half the carriageway.
        traffic: share of the slots along each lane that hold a vehicle.
        persons, trees, poles, signs, lights, clutter: counts.
        walls: share of the lots that hold a wall, fence or hedge rather than a house.
    """

    focal: Range = (0.58, 0.72)
    horizon: Range = (0.40, 0.48)
    camera_height: Range = (1.5, 1.9)
    road: Range = (5.2, 8.0)
    sidewalk: Range = (2.2, 4.0)
    traffic: Range = (0.35, 0.7)
    persons: Range = (3, 7)
    trees: Range = (4, 10)
    poles: Range = (4, 8)
    signs: Range = (2, 5)
    lights: Range = (1.5, 4)
    clutter: Range = (0, 3)
    walls: Range = (0.35, 0.55)

    def towards(self, other: 'Layout', share: float) -> 'Layout':
        """The layout ``share`` of the way to ``other``."""
        mixed = {}
        for item in fields(self):
            a, b = np.array(getattr(self, item.name)), np.array(getattr(other, item.name))
            mixed[item.name] = tuple(a + share * (b - a))
        return Layout(**mixed)


GAME_LAYOUT = Layout()
CAMERA_LAYOUT = Layout(
    focal=(0.95, 1.15),
    horizon=(0.34, 0.42),
    camera_height=(1.1, 1.3),
    road=(3.6, 5.0),
    sidewalk=(1.4, 2.4),
    traffic=(0.5, 0.9),
    persons=(1, 8),
    trees=(2, 7),
    poles=(2, 6),
    signs=(1, 6),
    lights=(0, 3),
    clutter=(0, 2),
    walls=(0.15, 0.35),
)
HIGH_LAYOUT = Layout(
    focal=(0.5, 0.8),
    horizon=(0.1, 0.36),
    camera_height=(2.6, 6.5),
    road=(5.0, 9.0),
    persons=(5, 16),
)
"""The varied high viewpoints of SYNTHIA's random pictures."""

GAME_PRESENCE = {
    'truck': 0.4,
    'bus': 0.4,
    'train': 0.35,
    'motorcycle': 0.6,
    'ridden motorcycle': 0.4,
    'bicycle': 0.5,
    'cyclist': 0.6,
    'wall': 0.6,
    'fence': 0.6,
    'terrain': 0.8,
    'bonnet': 0.15,
}
"""How likely a picture is to hold a rare thing."""

CAMERA_PRESENCE = {
    'truck': 0.22,
    'bus': 0.2,
    'train': 0.16,
    'motorcycle': 0.25,
    'ridden motorcycle': 0.15,
    'bicycle': 0.45,
    'cyclist': 0.45,
    'wall': 0.35,
    'fence': 0.35,
    'terrain': 0.55,
    'bonnet': 0.9,
}
"""The same on the target, where rare classes are missing from most pictures."""


@dataclass(frozen=True)
class Plan:
    """One scene's own numbers, drawn from a ``Layout``; metres unless said otherwise."""

    camera: Camera
    road: float
    sidewalk: float
    verge: float
    traffic: float
    walls: float
    counts: dict[str, int]
    present: frozenset[str]

    @property
    def edge(self) -> float:
        """Distance of the house fronts from the road's middle."""
        return self.road + self.verge + self.sidewalk


def draw_plan(
    layout: Layout,
    presence: dict[str, float],
    absent: tuple[str, ...],
    size: tuple[int, int],
    rng: np.random.Generator,
) -> Plan:
    """Draw one scene.

    Args:
        layout: ranges to draw from.
        presence: probability of each rare thing.
        absent: rare things never drawn (classes that the data set lacks).
        size: canvas (height, width), pixels.
    """
    height, width = size
    road = rng.uniform(*layout.road)
    camera = Camera(
        height=height,
        width=width,
        focal=width * rng.uniform(*layout.focal),
        cx=width * rng.uniform(0.44, 0.56),
        horizon=height * rng.uniform(*layout.horizon),
        x=road * rng.uniform(0.2, 0.55),
        y=rng.uniform(*layout.camera_height),
        bend=rng.uniform(-1, 1) * 0.0022 * (rng.random() < 0.6),
    )
    present = {name for name, p in presence.items() if rng.random() < p} - set(absent)
    verge = rng.uniform(0.8, 2.0) if 'terrain' in present and rng.random() < 0.6 else 0.0
    names = ('persons', 'trees', 'poles', 'signs', 'lights', 'clutter')
    return Plan(
        camera=camera,
        road=road,
        sidewalk=rng.uniform(*layout.sidewalk),
        verge=verge,
        traffic=rng.uniform(*layout.traffic),
        walls=rng.uniform(*layout.walls),
        counts={name: int(rng.uniform(*getattr(layout, name)) + 0.5) for name in names},
        present=frozenset(present),
    )
