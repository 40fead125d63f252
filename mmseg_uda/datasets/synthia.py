"""SYNTHIA-RAND-CITYSCAPES (Ros et al., "The SYNTHIA Dataset", CVPR 2016)."""

from mmseg.datasets import CityscapesDataset
from mmseg.registry import DATASETS

from .checked_dataset import CheckedSegDataset


@DATASETS.register_module()
class SYNTHIADataset(CheckedSegDataset):
    """SYNTHIA in Cityscapes train ids, after ``tools/dataset_converters/synthia.py``.

    Layout below ``data_root``: ``RGB/0000000.png``, ``GT/LABELS/0000000_labelTrainIds.png`` (uint8
    train ids, 255 = ignore; terrain, truck and train never occur). By default a model keeps 19
    outputs and is scored on subsets; ``metainfo=dict(classes='SYNTHIA_16')`` is the protocol with
    16 outputs, which then has to be set on every dataset of the config.
    """

    METAINFO = CityscapesDataset.METAINFO
    DATA_PREFIX = dict(img_path='RGB', seg_map_path='GT/LABELS')
    CONVERTER = 'synthia'

    def __init__(
        self,
        img_suffix: str = '.png',
        seg_map_suffix: str = '_labelTrainIds.png',
        **kwargs,
    ) -> None:
        super().__init__(img_suffix=img_suffix, seg_map_suffix=seg_map_suffix, **kwargs)
