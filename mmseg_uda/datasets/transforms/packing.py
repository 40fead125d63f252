"""Packing of items whose pseudo labels come with more maps."""

import numpy as np
from mmengine.structures import PixelData
from mmseg.datasets.transforms import PackSegInputs
from mmseg.registry import TRANSFORMS
from torch import from_numpy


@TRANSFORMS.register_module()
class PackDomainInputs(PackSegInputs):
    """MMSeg's ``PackSegInputs``, which also packs what accompanies pseudo labels.

    Where an item has them, its data sample gets ``PixelData`` with uint8 ``data`` (1, H, W): ``pseudo_confidence``,
    ``round(255 * largest probability)``, from ``pseudo_confidence_map`` (:class:`LoadPseudoLabels`); ``pseudo_valid``,
    0 where a label must not count, from ``pseudo_valid_map`` (:class:`MarkMargins`). Arguments are MMSeg's.
    """

    def transform(self, results: dict) -> dict:
        packed = super().transform(results)
        for name in ('pseudo_confidence', 'pseudo_valid'):
            values = results.get(f'{name}_map')
            if values is not None:
                data = from_numpy(np.ascontiguousarray(values[None]))
                packed['data_samples'].set_data({name: PixelData(data=data)})
        return packed
