"""IDD, the India Driving Dataset (Varma et al., WACV 2019)."""

from mmseg.datasets import CityscapesDataset
from mmseg.registry import DATASETS

from .checked_dataset import CheckedSegDataset


@DATASETS.register_module()
class IDDDataset(CheckedSegDataset):
    """IDD Segmentation with the 19 Cityscapes classes, after ``tools/dataset_converters/idd.py``.

    Layout below ``data_root``: ``leftImg8bit/<split>/<drive>/X_leftImg8bit.png`` and
    ``gtFine/<split>/<drive>/X_gtFine_labelTrainIds.png`` (uint8 train ids, 255 = ignore).
    """

    METAINFO = CityscapesDataset.METAINFO
    DATA_PREFIX = dict(img_path='leftImg8bit/val', seg_map_path='gtFine/val')
    CONVERTER = 'idd'

    def __init__(
        self,
        img_suffix: str = '_leftImg8bit.png',
        seg_map_suffix: str = '_gtFine_labelTrainIds.png',
        **kwargs,
    ) -> None:
        super().__init__(img_suffix=img_suffix, seg_map_suffix=seg_map_suffix, **kwargs)
