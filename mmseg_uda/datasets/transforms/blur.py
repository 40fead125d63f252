"""A slight blur now and then, as maximum squares trains with."""

import numpy as np
from mmcv.transforms import BaseTransform
from mmseg.registry import TRANSFORMS
from PIL import Image, ImageFilter

from mmseg_uda.errors import UserError


@TRANSFORMS.register_module()
class RandomGaussianBlur(BaseTransform):
    """Blur an image with Pillow's Gaussian of a random radius.

    Modified: ``img``, (H, W, 3) uint8. Random numbers are NumPy's, which
    :class:`~mmseg_uda.datasets.DomainPairDataset` seeds from the sampler.

    Args:
        prob: How often, in [0, 1].
        radius: (smallest, largest) radius in pixels, drawn uniformly.

    Raises:
        UserError: Either is out of range.
    """

    def __init__(self, prob: float = 0.5, radius: tuple[float, float] = (0.0, 1.0)) -> None:
        if not 0 <= prob <= 1:
            raise UserError(f'RandomGaussianBlur: prob is {prob}, expected a number in [0, 1]')
        if not 0 <= radius[0] <= radius[1]:
            raise UserError(f'RandomGaussianBlur: radius is {radius}, expected (smallest, largest), at least 0')
        self.prob = prob
        self.radius = tuple(radius)

    def transform(self, results: dict) -> dict:
        if np.random.rand() < self.prob:
            blur = ImageFilter.GaussianBlur(np.random.uniform(*self.radius))
            # A channel is blurred on its own, so their order does not matter.
            results['img'] = np.array(Image.fromarray(results['img']).filter(blur))
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(prob={self.prob}, radius={self.radius})'
