"""Loading labels whose ids are not train ids."""

import mmcv
import numpy as np
from mmcv.transforms import BaseTransform
from mmengine import fileio
from mmseg.registry import TRANSFORMS

from mmseg_uda.errors import UserError

from ..label_maps import map_ids


@TRANSFORMS.register_module()
class LoadMappedAnnotations(BaseTransform):
    """Load a label file and map its ids by the dataset's ``class_map``.

    Unlike MMSeg's ``LoadAnnotations`` it reads 16-bit files without wrapping ids around, and knows
    what to do with ids nobody mentioned. Used with
    :class:`~mmseg_uda.datasets.FolderDataset`. An image that comes from no data set, as at inference, has no label and
    passes.

    Required keys: ``seg_map_path``, ``seg_fields``; ``class_map`` and ``unknown_ids`` when ids have
    to be mapped. Added: ``gt_seg_map`` (H, W) uint8 train ids, 255 = ignored.

    Args:
        backend_args: MMEngine's file backend.

    Raises:
        UserError: the file has several channels, or (``unknown_ids='error'``) unknown ids.
    """

    def __init__(self, backend_args: dict | None = None) -> None:
        self.backend_args = backend_args

    def transform(self, results: dict) -> dict:
        if 'seg_fields' not in results:
            return results  # an image by itself: MMSeg's inferencers leave out annotation steps of its own alone
        path = results['seg_map_path']
        content = fileio.get(path, backend_args=self.backend_args)
        # Pillow keeps the indices of palette PNGs, which OpenCV turns into colours
        raw = mmcv.imfrombytes(content, flag='unchanged', backend='pillow')
        if raw.ndim != 2:
            raise UserError(
                f'{path}: expected one channel of class ids, got shape {raw.shape}; colour-coded '
                'labels have to be converted to ids first'
            )
        class_map = results.get('class_map')
        if class_map is None:
            class_map = {i: i for i in range(256)}
        try:
            label = map_ids(raw.astype(np.int64), class_map, results.get('unknown_ids', 'error'))
        except UserError as error:
            raise UserError(
                f"{path}: {error}. Add them to class_map (255 = ignore), or set unknown='ignore' on the dataset"
            ) from error
        results['gt_seg_map'] = label
        results['seg_fields'].append('gt_seg_map')
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(backend_args={self.backend_args})'
