"""IDD, the India Driving Dataset (Varma et al., WACV 2019)."""

from mmseg.registry import DATASETS

from .cityscapes import CityscapesLabeledDataset


@DATASETS.register_module()
class IDDDataset(CityscapesLabeledDataset):
    """IDD Segmentation with the 19 Cityscapes classes, after ``tools/dataset_converters/idd.py``.

    Its layout is that of Cityscapes: ``leftImg8bit/<split>/<drive>/X_leftImg8bit.png`` and
    ``gtFine/<split>/<drive>/X_gtFine_labelTrainIds.png`` (uint8 train ids, 255 = ignore) below ``data_root``.
    """

    CONVERTER = 'idd'
