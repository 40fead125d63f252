"""Packing of items whose pseudo labels come with confidences."""

import numpy as np
from mmengine.structures import PixelData
from mmseg.datasets.transforms import PackSegInputs
from mmseg.registry import TRANSFORMS
from torch import from_numpy


@TRANSFORMS.register_module()
class PackDomainInputs(PackSegInputs):
    """MMSeg's ``PackSegInputs``, which also packs the confidence of pseudo labels.

    Where an item has ``pseudo_confidence_map`` (from :class:`LoadPseudoLabels`), its data sample
    gets ``pseudo_confidence``, a ``PixelData`` with uint8 ``data`` (1, H, W):
    ``round(255 * largest probability)``. Arguments are MMSeg's.
    """

    def transform(self, results: dict) -> dict:
        packed = super().transform(results)
        confidence = results.get('pseudo_confidence_map')
        if confidence is not None:
            data = from_numpy(np.ascontiguousarray(confidence[None]))
            packed['data_samples'].set_data(dict(pseudo_confidence=PixelData(data=data)))
        return packed
