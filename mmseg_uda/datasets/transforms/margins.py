"""Margins of target images whose pseudo labels do not count (Hoyer et al., HRDA, ECCV 2022)."""

from collections.abc import Sequence

import numpy as np
from mmcv.transforms import BaseTransform
from mmseg.registry import TRANSFORMS

from mmseg_uda.errors import UserError


@TRANSFORMS.register_module()
class MarkMargins(BaseTransform):
    """Set ``pseudo_valid_map``: 0 in the margins of the image, 1 elsewhere.

    The margins are of the image as it is at this place of the pipeline, so it belongs right after loading. The map is
    resized (nearest), cropped and flipped with the image, and packed by ``PackDomainInputs``; the weights of an
    :class:`~mmseg_uda.models.adaptations.EMATeacher`'s labels are 0 where it is 0.

    Required keys: ``img``, ``seg_fields``. Added: ``pseudo_valid_map`` (H, W) uint8.

    Args:
        margins: Rows or columns at the top, bottom, left and right.

    Raises:
        UserError: Not four numbers from 0, or no image is left between them.
    """

    def __init__(self, margins: Sequence[int]) -> None:
        if len(margins) != 4 or min(margins) < 0:
            raise UserError(f'MarkMargins: margins is {margins}, expected rows or columns (top, bottom, left, right)')
        self.margins = tuple(margins)

    def transform(self, results: dict) -> dict:
        height, width = results['img'].shape[:2]
        top, bottom, left, right = self.margins
        if top + bottom >= height or left + right >= width:
            raise UserError(
                f'MarkMargins: margins {self.margins} leave nothing of an image of {width}x{height}; they count in '
                'pixels of the image file'
            )
        valid = np.zeros((height, width), np.uint8)
        valid[top : height - bottom, left : width - right] = 1
        results['pseudo_valid_map'] = valid
        results['seg_fields'].append('pseudo_valid_map')
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(margins={self.margins})'
