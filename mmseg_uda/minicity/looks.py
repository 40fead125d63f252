"""Looks: how far the target is from the source, ingredient by ingredient, and the effects on pixels.

A picture of the *game* look is clean. A picture of the *camera* look draws one severity
t ~ U(0, 1); every ingredient of its ``Gap`` acts with t times its strength, so a target set holds
everything from nearly source-like pictures to hard ones.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from .camera import FAR, Camera
from .canvas import GROUND_DEPTH
from .classes import ID


@dataclass(frozen=True)
class Gap:
    """Strengths in [0, 1] of what separates the camera's look from the game's.

    Attributes:
        palette: colours of all materials.
        texture: surface texture.
        layout: focal length, camera height, horizon, road width, object counts.
        white_balance: colour cast.
        exposure: gamma.
        haze: loss of contrast with depth.
        blur: lens blur.
        jpeg: compression.
        shadow: darkness of cast shadows.
        noise: standard deviation of the sensor noise at t = 0 and t = 1, on a 0..1 scale and for a
            white pixel; it falls with the square root of brightness, as photon noise does.
    """

    palette: float = 0.0
    texture: float = 0.0
    layout: float = 0.0
    white_balance: float = 0.0
    exposure: float = 0.0
    haze: float = 0.0
    blur: float = 0.0
    jpeg: float = 0.0
    shadow: float = 0.0
    noise: tuple[float, float] = (0.0, 0.0)


GAME_LOOK = Gap()
TRACKS = {
    'lowlight': Gap(
        palette=0.3,
        texture=0.5,
        layout=0.3,
        white_balance=0.3,
        haze=0.6,
        blur=0.2,
        jpeg=0.2,
        shadow=0.5,
        noise=(0.1, 0.5),
    ),
    'day': Gap(
        palette=0.5,
        texture=0.7,
        layout=0.5,
        white_balance=0.5,
        exposure=0.5,
        haze=0.7,
        blur=0.5,
        jpeg=0.5,
        shadow=0.7,
        noise=(0.0, 0.08),
    ),
}
"""Camera tracks: ``lowlight`` is dominated by sensor noise, ``day`` by colour, haze and optics."""


@dataclass(frozen=True)
class Strengths:
    """A ``Gap`` times the severity ``t`` of one picture; ``noise`` is a single deviation."""

    palette: float
    texture: float
    layout: float
    white_balance: float
    exposure: float
    haze: float
    blur: float
    jpeg: float
    shadow: float
    noise: float


def strengths(gap: Gap, t: float) -> Strengths:
    """What ``gap`` amounts to at severity ``t`` in [0, 1]."""
    scaled = {name: t * value for name, value in vars(gap).items() if name != 'noise'}
    low, high = gap.noise
    return Strengths(noise=low + t * (high - low), **scaled)


# --- texture ------------------------------------------------------------------------------------

TILE = 512  # pixels of a noise tile's side; it repeats
TILE_METRES = 8.0  # what a tile covers on the ground
REFERENCE_HEIGHT = 128  # picture height at which a tile's pixels are the picture's

_ROUGHNESS = {
    ID['road']: 0.09,
    ID['sidewalk']: 0.08,
    ID['terrain']: 0.16,
    ID['vegetation']: 0.22,
    ID['building']: 0.07,
    ID['wall']: 0.12,
    ID['fence']: 0.05,
    ID['sky']: 0.0,
}


@lru_cache(maxsize=4)
def noise_tile(exponent: float) -> np.ndarray:
    """A tile of noise with spectrum f**-exponent, (TILE, TILE) float32, mean 0, deviation 1.

    Filtering in the Fourier domain makes it periodic, so it can be repeated without seams.
    """
    rng = np.random.default_rng(int(exponent * 1000))
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(TILE), np.fft.fftfreq(TILE))) * TILE
    # below four waves a tile it would be large stains rather than texture
    spectrum = np.fft.fft2(rng.standard_normal((TILE, TILE))) / np.maximum(frequency, 4) ** exponent
    tile = np.fft.ifft2(spectrum).real
    return np.clip(tile / tile.std(), -2.5, 2.5).astype(np.float32)


@lru_cache(maxsize=1)
def paving_tile() -> np.ndarray:
    """Joints of paving stones one metre wide, (TILE, TILE) float32: 1 on a joint, else 0."""
    tile = np.zeros((TILE, TILE), np.float32)
    step = int(TILE / TILE_METRES)
    for k in range(3):
        tile[k::step] = tile[:, k::step] = 1
    return tile


def _ground_texture(camera: Camera, labels: np.ndarray) -> np.ndarray:
    """Noise lying on the ground, fading with distance; (height, width), zero above the horizon."""
    texture = np.zeros(labels.shape, np.float32)
    top, x, z = camera.ground()
    if top == camera.height:
        return texture
    scale = np.float32(TILE / TILE_METRES)
    where = [np.mod(x * scale, TILE), np.broadcast_to(np.mod(z * scale, TILE), x.shape)]
    where = [np.ascontiguousarray(w, np.float32) for w in where]
    noise = cv2.remap(noise_tile(1.0), *where, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    joints = cv2.remap(paving_tile(), *where, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    paved = labels[top:] == ID['sidewalk']
    texture[top:] = (noise - 3 * joints * paved) / (1 + z / 12)
    return texture


def _screen_texture(rng: np.random.Generator, shape: tuple[int, int], exponent: float) -> np.ndarray:
    """A random crop of a noise tile, coarser on larger pictures as the objects are."""
    height, width = shape
    crop_width = min(TILE, max(1, round(REFERENCE_HEIGHT * width / height)))
    y, x = rng.integers(TILE - REFERENCE_HEIGHT + 1), rng.integers(TILE - crop_width + 1)
    crop = noise_tile(exponent)[y : y + REFERENCE_HEIGHT, x : x + crop_width]
    return cv2.resize(crop, (width, height), interpolation=cv2.INTER_LINEAR)


def add_texture(
    rgb: np.ndarray,
    labels: np.ndarray,
    ground: np.ndarray,
    camera: Camera,
    rng: np.random.Generator,
    strength: float,
) -> np.ndarray:
    """Multiply ``rgb`` (h, w, 3) by the texture of its classes; ``ground`` (h, w) is 0 or 1."""
    roughness = np.full(256, 0.03, np.float32)
    for label, value in _ROUGHNESS.items():
        roughness[label] = value
    foliage = labels == ID['vegetation']
    screen = np.where(
        foliage,
        _screen_texture(rng, labels.shape, 0.7),
        _screen_texture(rng, labels.shape, 0.4),
    )
    texture = np.where(ground > 0.5, _ground_texture(camera, labels), screen)
    factor = 1 + strength * roughness[labels] * texture
    return rgb * factor[..., None]


# --- light, lens and sensor -----------------------------------------------------------------------


def add_shadows(rgb: np.ndarray, shadow: np.ndarray, strength: float) -> np.ndarray:
    """Darken ``rgb`` by ``strength`` where ``shadow`` (h, w) is 1; shadows are a little blue."""
    return rgb * (1 - strength * shadow[..., None] * np.array([1.0, 0.97, 0.9], np.float32))


def add_haze(rgb: np.ndarray, depth: np.ndarray, strength: float) -> np.ndarray:
    """Blend ``rgb`` (0..1) towards grey with ``depth`` (h, w) in metres; half at 35 m for 1."""
    seen = np.exp(-strength * np.minimum(depth, 150) * np.float32(np.log(2) / 35))[..., None]
    return rgb * seen + (1 - seen) * np.array([0.76, 0.78, 0.80], np.float32)


def white_balance(rgb: np.ndarray, rng: np.random.Generator, strength: float) -> np.ndarray:
    """Multiply the channels by a random cast: warm or cold, and green or magenta."""
    warm, tint = rng.normal(0, (0.45, 0.2)) * strength
    gains = np.exp(np.array([warm, tint, -warm], np.float32))
    return rgb * (gains / gains.mean())


def expose(rgb: np.ndarray, rng: np.random.Generator, strength: float) -> np.ndarray:
    """A random gamma, darker more often than brighter."""
    return np.clip(rgb, 0, 1) ** np.float32(np.exp(strength * rng.normal(0.35, 0.5)))


def add_blur(rgb: np.ndarray, strength: float) -> np.ndarray:
    """Gaussian blur, 1.5 pixels at height 128 for strength 1."""
    sigma = strength * 1.5 * rgb.shape[0] / REFERENCE_HEIGHT
    return cv2.GaussianBlur(rgb, (0, 0), sigma) if sigma > 0.05 else rgb


def add_noise(rgb: np.ndarray, rng: np.random.Generator, deviation: float) -> np.ndarray:
    """Sensor noise of standard deviation ``deviation * sqrt(brightness)`` per pixel and channel."""
    rgb = np.clip(rgb, 0, 1)
    if deviation == 0:
        return rgb
    return rgb + np.sqrt(rgb) * rng.standard_normal(rgb.shape, np.float32) * np.float32(deviation)


def compress(rgb: np.ndarray, strength: float) -> np.ndarray:
    """Pass uint8 ``rgb`` through JPEG, of quality 95 down to 15 for strength 1."""
    if strength == 0:
        return rgb
    quality = [cv2.IMWRITE_JPEG_QUALITY, round(95 - 80 * strength)]
    # channel order only decides what JPEG calls luminance; swapped in and out, it is right
    data = cv2.imencode('.jpg', rgb[..., ::-1], quality)[1]
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])


def develop(
    rgb: np.ndarray,
    labels: np.ndarray,
    depth: np.ndarray,
    shadow: np.ndarray,
    camera: Camera,
    rng: np.random.Generator,
    s: Strengths,
) -> np.ndarray:
    """Turn flatly painted colours into the final picture.

    Args:
        rgb: (h, w, 3) float32, 0..1.
        labels: (h, w) Cityscapes ids.
        depth: (h, w) metres, ``GROUND_DEPTH`` on the ground.
        shadow: (h, w) float32, 1 in cast shadow.
        camera: the view at this size.
        s: what acts on this picture.

    Returns:
        (h, w, 3) uint8 RGB.
    """
    ground = depth == GROUND_DEPTH
    depth = depth.copy()
    top, _, z = camera.ground()
    depth[top:] = np.where(ground[top:], z, depth[top:])
    depth[:top][ground[:top]] = FAR

    rgb = add_texture(rgb, labels, ground, camera, rng, strength=0.5 + 1.5 * s.texture)
    rgb = add_shadows(rgb, shadow, strength=0.35 + 0.5 * s.shadow)
    if s.haze > 0:
        rgb = add_haze(rgb, depth, s.haze)
    rgb = white_balance(rgb, rng, s.white_balance)
    rgb = expose(rgb, rng, s.exposure)
    rgb = add_noise(add_blur(rgb, s.blur), rng, s.noise)
    return compress(np.clip(rgb * 255 + 0.5, 0, 255).astype(np.uint8), s.jpeg)
