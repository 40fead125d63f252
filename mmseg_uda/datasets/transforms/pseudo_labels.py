"""Loading the pseudo labels of a target image."""

import mmcv
import numpy as np
from mmcv.transforms import BaseTransform
from mmengine import fileio
from mmseg.registry import TRANSFORMS

from mmseg_uda.errors import UserError


@TRANSFORMS.register_module()
class LoadPseudoLabels(BaseTransform):
    """Set ``gt_seg_map`` from ``pseudo_label_path``; without that key it does nothing.

    So one target pipeline serves the stages with and without pseudo labels. It belongs after the
    ``Resize`` to the network's input size (labels are stored at that size) and before
    augmentation; with ``resize``, after a random scale of the original image. Confidences, where
    the round has some, are flipped, cropped and resized (nearest) with the labels;
    ``PackDomainInputs`` packs them.

    Required keys: ``img``, ``img_path``, ``seg_fields``. Added: ``gt_seg_map`` (H, W) uint8, ids of
    the model's classes, 255 = ignored; with the key ``pseudo_confidence_path`` also
    ``pseudo_confidence_map`` (H, W) uint8, ``round(255 * largest probability)``.

    Args:
        resize: Bring maps of another size to the image's by nearest neighbor (Pillow's) instead of refusing them.
        backend_args: MMEngine's file backend.

    Raises:
        UserError: a file is no 8-bit single-channel map, or not of the image's size.
    """

    def __init__(self, resize: bool = False, backend_args: dict | None = None) -> None:
        self.resize = resize
        self.backend_args = backend_args

    def transform(self, results: dict) -> dict:
        for path_key, key, what in (
            ('pseudo_label_path', 'gt_seg_map', 'label'),
            ('pseudo_confidence_path', 'pseudo_confidence_map', 'confidence map'),
        ):
            if results.get(path_key) is not None:
                results[key] = self._load(results[path_key], what, results)
                results['seg_fields'].append(key)
        return results

    def _load(self, path: str, what: str, results: dict) -> np.ndarray:
        content = fileio.get(path, backend_args=self.backend_args)
        values = mmcv.imfrombytes(content, flag='unchanged', backend='pillow')
        if values.ndim != 2 or values.dtype != np.uint8:
            raise UserError(
                f'{path}: expected a {what} as an 8-bit single-channel PNG, got shape {values.shape} of {values.dtype}'
            )
        height, width = results['img'].shape[:2]
        if self.resize:
            values = mmcv.imresize(values, (width, height), interpolation='nearest', backend='pillow')
        if values.shape != (height, width):
            raise UserError(
                f'{path}: the {what} is {values.shape[1]}x{values.shape[0]}, but the image '
                f'{results["img_path"]} is {width}x{height} at this place of the pipeline. Put '
                'LoadPseudoLabels right after the Resize of the config that generated the round'
            )
        return values

    def __repr__(self) -> str:
        return f'{type(self).__name__}(resize={self.resize}, backend_args={self.backend_args})'
