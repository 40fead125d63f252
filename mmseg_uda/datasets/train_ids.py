"""Street data sets that come with Cityscapes' train ids."""

from mmseg.datasets import CityscapesDataset
from mmseg.registry import DATASETS

from .checked_dataset import CheckedSegDataset


@DATASETS.register_module()
class TrainIdDataset(CheckedSegDataset):
    """Images with labels in the 19 train ids of Cityscapes (uint8, 255 = ignore), wherever the config says they lie.

    Dark Zurich, Nighttime Driving, BDD100K and Foggy Cityscapes in ``configs/_base_/datasets``. Arguments are those of
    :class:`CheckedSegDataset`; ``metainfo=dict(classes='SYNTHIA_16')`` ignores the other three classes.
    """

    METAINFO = CityscapesDataset.METAINFO
