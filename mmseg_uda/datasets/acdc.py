"""ACDC (Sakaridis et al., "ACDC: The Adverse Conditions Dataset with Correspondences", ICCV 2021)."""

from mmseg.datasets import CityscapesDataset
from mmseg.registry import DATASETS

from .checked_dataset import CheckedSegDataset


@DATASETS.register_module()
class ACDCDataset(CheckedSegDataset):
    """A labelled split of ACDC, of all conditions or of one. The archive holds train ids: nothing is converted.

    Layout below ``data_root``: ``rgb_anon/<condition>/<split>/<sequence>/*_rgb_anon.png`` and
    ``gt/<condition>/<split>/<sequence>/*_gt_labelTrainIds.png``; the conditions are fog, night, rain and snow.

    Args:
        only: ``'<condition>/<split>/*'``. The default is the val split of every condition.
    """

    METAINFO = CityscapesDataset.METAINFO
    DATA_PREFIX = dict(img_path='rgb_anon', seg_map_path='gt')

    def __init__(
        self,
        only: str = '*/val/*',
        img_suffix: str = '_rgb_anon.png',
        seg_map_suffix: str = '_gt_labelTrainIds.png',
        **kwargs,
    ) -> None:
        super().__init__(only=only, img_suffix=img_suffix, seg_map_suffix=seg_map_suffix, **kwargs)
