"""GTA5 (Richter et al., "Playing for Data", ECCV 2016)."""

from mmseg.datasets import CityscapesDataset
from mmseg.registry import DATASETS

from .checked_dataset import CheckedSegDataset


@DATASETS.register_module()
class GTADataset(CheckedSegDataset):
    """GTA5 with the 19 Cityscapes classes, after ``tools/dataset_converters/gta.py``.

    Layout below ``data_root``: ``images/00001.png``, ``labels/00001_labelTrainIds.png`` (uint8
    train ids, 255 = ignore). Translated images are used by ``data_prefix=dict(img_path=...)``: a
    folder with the same file names.
    """

    METAINFO = CityscapesDataset.METAINFO
    DATA_PREFIX = dict(img_path='images', seg_map_path='labels')
    CONVERTER = 'gta'

    def __init__(
        self,
        img_suffix: str = '.png',
        seg_map_suffix: str = '_labelTrainIds.png',
        **kwargs,
    ) -> None:
        super().__init__(img_suffix=img_suffix, seg_map_suffix=seg_map_suffix, **kwargs)
