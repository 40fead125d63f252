"""Color jitter and blur of mixed images, as kornia 0.5.8 and the released DACS and DAFormer have them.

The jitter differs from torchvision's and newer kornia's of the same name: brightness is added, and contrast multiplied
without regard to the mean.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad

EPSILON = 1e-6


def _hue(images: Tensor, largest: Tensor, spread: Tensor) -> Tensor:
    """Hue in turns, N,H,W; 0 for gray."""
    red, green, blue = images.unbind(1)
    spread = torch.where(spread == 0, 1, spread)
    hue = torch.where(
        red == largest,
        (green - blue) / spread,
        torch.where(green == largest, 2 + (blue - red) / spread, 4 + (red - green) / spread),
    )
    return (hue / 6) % 1


def rgb_to_hsv(images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Hue in turns, saturation and value of RGB images N,3,H,W in [0, 1]; N,H,W each, in [0, 1]."""
    largest, smallest = images.amax(1), images.amin(1)
    spread = largest - smallest
    return _hue(images, largest, spread), spread / (largest + EPSILON), largest


def hsv_to_rgb(hue: Tensor, saturation: Tensor, value: Tensor) -> Tensor:
    """RGB images N,3,H,W in [0, 1]; the inverse of :func:`rgb_to_hsv`. Any number of turns is a hue."""
    channels = []
    for offset in (5, 3, 1):
        sixth = (offset + 6 * hue) % 6
        channels.append(value - value * saturation * torch.minimum(sixth, 4 - sixth).clamp(0, 1))
    return torch.stack(channels, dim=1)


def adjust_brightness(images: Tensor, factors: Tensor) -> Tensor:
    """Add factor - 1, and clamp to [0, 1]. Images N,3,H,W in [0, 1], one factor for each; so the others."""
    return (images + (factors - 1).view(-1, 1, 1, 1)).clamp(0, 1)


def adjust_contrast(images: Tensor, factors: Tensor) -> Tensor:
    """Multiply by the factor, and clamp to [0, 1]."""
    return (images * factors.view(-1, 1, 1, 1)).clamp(0, 1)


def adjust_saturation(images: Tensor, factors: Tensor) -> Tensor:
    """Multiply the saturation by the factor, and clamp it to [0, 1]."""
    hue, saturation, value = rgb_to_hsv(images)
    return hsv_to_rgb(hue, (saturation * factors.view(-1, 1, 1)).clamp(0, 1), value)


def adjust_hue(images: Tensor, turns: Tensor) -> Tensor:
    """Turn the hue."""
    hue, saturation, value = rgb_to_hsv(images)
    return hsv_to_rgb(hue + turns.view(-1, 1, 1), saturation, value)


ADJUSTMENTS = (adjust_brightness, adjust_contrast, adjust_saturation, adjust_hue)


def gaussian_taps(size: int, sigma: float) -> Tensor:
    """Weights of a Gaussian along a side of ``size`` pixels: about a tenth of it, an odd number, sum 1."""
    tenth = math.ceil(0.1 * size)
    count = math.floor(tenth - 0.5 + tenth % 2)
    positions = torch.arange(count, dtype=torch.float64) - count // 2
    weights = torch.exp(-(positions**2) / (2 * sigma**2))
    return weights / weights.sum()


def gaussian_blur(images: Tensor, sigma: float) -> Tensor:
    """Blur images N,C,H,W; borders are reflected. The kernels are :func:`gaussian_taps` of both sides."""
    channels = images.shape[1]
    for dim, shape in ((2, (-1, 1)), (3, (1, -1))):
        taps = gaussian_taps(images.shape[dim], sigma).to(images)
        margin = len(taps) // 2
        margins = (0, 0, margin, margin) if dim == 2 else (margin, margin, 0, 0)
        kernel = taps.view(1, 1, *shape).repeat(channels, 1, 1, 1)
        images = conv2d(pad(images, margins, mode='reflect'), kernel, groups=channels)
    return images


@dataclass
class Draws:
    """What chance decides about the augmentation of N images.

    Attributes:
        u_jitter: Uniform in [0, 1): all images are jittered if it is above a threshold, or none.
        u_blur: The same for the blur.
        factors: N,4: of brightness, contrast and saturation, around 1, and turns of the hue, around 0.
        order: N,4: in which each image is adjusted, by their places in ``factors``.
        sigma: Standard deviations of the blur in pixels, N.
    """

    u_jitter: float
    u_blur: float
    factors: Tensor
    order: list[list[int]]
    sigma: list[float]


class StrongAugmentation:
    """Color jitter and blur of normalized images.

    Args:
        mean: Of the normalization, three values in [0, 255].
        std: Its standard deviation.
        strength: Factors of the jitter are uniform in [1 - strength, 1 + strength], the hue turns by up to +-strength.
        jitter_above: Images are jittered if u is above: 0.2 means in 80 % of the steps.
        blur_above: The same for the blur.
        sigma: Range of the blur's standard deviation in pixels.
        same_for_all: Whether order and sigma are drawn once for all images (MIC's masked images); factors never are.
    """

    def __init__(
        self,
        mean: Tensor,
        std: Tensor,
        strength: float = 0.2,
        jitter_above: float = 0.2,
        blur_above: float = 0.5,
        sigma: tuple[float, float] = (0.15, 1.15),
        same_for_all: bool = False,
    ) -> None:
        self.mean = mean.view(1, 3, 1, 1)
        self.std = std.view(1, 3, 1, 1)
        self.strength = strength
        self.jitter_above = jitter_above
        self.blur_above = blur_above
        self.sigma = sigma
        self.same_for_all = same_for_all

    def draw(self, count: int) -> Draws:
        """Draw for ``count`` images, from Python's and torch's CPU generator."""
        own = 1 if self.same_for_all else count
        order = [random.sample(range(len(ADJUSTMENTS)), len(ADJUSTMENTS)) for _ in range(own)]
        sigma = [random.uniform(*self.sigma) for _ in range(own)]
        factors = (2 * torch.rand(count, len(ADJUSTMENTS)) - 1) * self.strength + torch.tensor([1.0, 1.0, 1.0, 0.0])
        repeat = count // own
        return Draws(random.random(), random.random(), factors, order * repeat, sigma * repeat)

    @torch.no_grad()
    def __call__(self, images: Tensor, draws: Draws) -> Tensor:
        """Augment normalized images N,3,H,W; in their own precision, whatever autocast says."""
        with torch.autocast(images.device.type, enabled=False):
            if draws.u_jitter > self.jitter_above:
                images = self._jitter(images, draws)
            if draws.u_blur > self.blur_above:
                blurred = [gaussian_blur(image[None], sigma) for image, sigma in zip(images, draws.sigma, strict=True)]
                images = torch.cat(blurred)
        return images

    def _jitter(self, images: Tensor, draws: Draws) -> Tensor:
        mean, std, factors = (value.to(images) for value in (self.mean, self.std, draws.factors))
        jittered = []
        for image, factor, order in zip((images * std + mean) / 255, factors, draws.order, strict=True):
            image = image[None]
            for place in order:
                image = ADJUSTMENTS[place](image, factor[place])
            jittered.append(image)
        return (torch.cat(jittered) * 255 - mean) / std
