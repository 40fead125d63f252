"""Cityscapes with labels, for validation and testing (Cordts et al., CVPR 2016)."""

from mmseg.datasets import CityscapesDataset
from mmseg.registry import DATASETS

from .checked_dataset import CheckedSegDataset


@DATASETS.register_module()
class CityscapesLabeledDataset(CheckedSegDataset):
    """A labelled split of Cityscapes, after ``tools/dataset_converters/cityscapes.py``.

    MMSeg's ``CityscapesDataset`` reads the same files; this one adds the checks of
    :class:`CheckedSegDataset`, so that a missing folder is reported before training.
    """

    METAINFO = CityscapesDataset.METAINFO
    DATA_PREFIX = dict(img_path='leftImg8bit/val', seg_map_path='gtFine/val')
    CONVERTER = 'cityscapes'

    def __init__(
        self,
        img_suffix: str = '_leftImg8bit.png',
        seg_map_suffix: str = '_gtFine_labelTrainIds.png',
        **kwargs,
    ) -> None:
        super().__init__(img_suffix=img_suffix, seg_map_suffix=seg_map_suffix, **kwargs)
