"""Loading the pseudo labels of a target image."""

import mmcv
import numpy as np
from mmcv.transforms import BaseTransform
from mmengine import fileio
from mmseg.registry import TRANSFORMS


@TRANSFORMS.register_module()
class LoadPseudoLabels(BaseTransform):
    """Sets ``gt_seg_map`` from ``pseudo_label_path``; without that key it does nothing.

    So one target pipeline serves the stages with and without pseudo labels. It belongs after the
    ``Resize`` to the network's input size (labels are stored at that size) and before
    augmentation.

    Required keys: ``img``, ``img_path``, ``seg_fields``. Added: ``gt_seg_map`` (H, W) uint8, ids of
    the model's classes, 255 = ignored.

    Args:
        backend_args: MMEngine's file backend.

    Raises:
        ValueError: the file is no 8-bit single-channel map of the image's size.
    """

    def __init__(self, backend_args: dict | None = None) -> None:
        self.backend_args = backend_args

    def transform(self, results: dict) -> dict:
        path = results.get('pseudo_label_path')
        if path is None:
            return results
        content = fileio.get(path, backend_args=self.backend_args)
        label = mmcv.imfrombytes(content, flag='unchanged', backend='pillow')
        if label.ndim != 2 or label.dtype != np.uint8:
            raise ValueError(
                f'{path}: expected an 8-bit single-channel PNG of train ids, got shape {label.shape} of {label.dtype}'
            )
        height, width = results['img'].shape[:2]
        if label.shape != (height, width):
            raise ValueError(
                f'{path}: the label is {label.shape[1]}x{label.shape[0]}, but the image '
                f'{results["img_path"]} is {width}x{height} at this place of the pipeline. Put '
                'LoadPseudoLabels right after the Resize of the config that generated the round'
            )
        results['gt_seg_map'] = label
        results['seg_fields'].append('gt_seg_map')
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(backend_args={self.backend_args})'
