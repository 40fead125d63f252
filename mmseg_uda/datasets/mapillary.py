"""Mapillary Vistas (Neuhold et al., "The Mapillary Vistas Dataset", ICCV 2017)."""

from mmseg.datasets import CityscapesDataset
from mmseg.registry import DATASETS

from .checked_dataset import CheckedSegDataset


@DATASETS.register_module()
class MapillaryTrainIdDataset(CheckedSegDataset):
    """Mapillary Vistas v1.2 with the 19 Cityscapes classes, after ``tools/dataset_converters/mapillary.py``.

    Layout below ``data_root``: ``<split>/images/*.jpg`` and ``<split>/v1.2/labels/*_labelTrainIds.png`` (uint8 train
    ids, 255 = ignore), where the split is training or validation. MMSeg's ``MapillaryDataset_v1`` has the 66 original
    classes.
    """

    METAINFO = CityscapesDataset.METAINFO
    DATA_PREFIX = dict(img_path='validation/images', seg_map_path='validation/v1.2/labels')
    CONVERTER = 'mapillary'

    def __init__(self, img_suffix: str = '.jpg', seg_map_suffix: str = '_labelTrainIds.png', **kwargs) -> None:
        super().__init__(img_suffix=img_suffix, seg_map_suffix=seg_map_suffix, **kwargs)
