"""Any labelled folder, described by the config alone."""

from collections.abc import Mapping, Sequence
from typing import Literal

from mmseg.datasets.transforms import LoadAnnotations
from mmseg.registry import DATASETS

from mmseg_uda.errors import UserError, choice
from mmseg_uda.utils.image_files import IMAGE_SUFFIXES

from .checked_dataset import CheckedSegDataset


@DATASETS.register_module()
class FolderDataset(CheckedSegDataset):
    """Images and labels in two folders, with any label ids (see ``docs/custom_data.md``).

    Args:
        metainfo: must hold ``classes``: the names, in the order of the train ids. ``palette`` is
            optional.
        class_map: raw id in the label files -> train id in ``[0, len(classes))`` or 255 (ignore).
            None: the files hold train ids already.
        unknown: what ids outside ``class_map`` mean: ``'error'`` names the file and the id,
            ``'ignore'`` makes them 255. The pipeline has to load the labels with
            :class:`~mmseg_uda.datasets.transforms.LoadMappedAnnotations`.
        data_prefix: ``img_path`` and ``seg_map_path``.
        img_suffix: end of the image files' names, or several; every image format by default.
        seg_map_suffix: the same of the labels, one.

    Raises:
        UserError: no classes, a class map outside of them, or a pipeline that would ignore it.
        UserError: a folder is missing or empty, or a label has no image.
    """

    DATA_PREFIX = dict(img_path='images', seg_map_path='labels')

    def __init__(
        self,
        metainfo: dict | None = None,
        class_map: Mapping[int, int] | None = None,
        unknown: Literal['error', 'ignore'] = 'error',
        img_suffix: str | Sequence[str] = IMAGE_SUFFIXES,
        seg_map_suffix: str = '.png',
        **kwargs,
    ) -> None:
        if not (metainfo or {}).get('classes'):
            raise UserError('FolderDataset: metainfo.classes must name the classes')
        # json and command-line overrides turn the keys into text
        self.class_map = None if class_map is None else {int(raw): int(cls) for raw, cls in class_map.items()}
        self.unknown = choice('FolderDataset: unknown', unknown, ('error', 'ignore'))
        super().__init__(metainfo=metainfo, img_suffix=img_suffix, seg_map_suffix=seg_map_suffix, **kwargs)
        self._check_class_map()

    def get_data_info(self, idx: int) -> dict:
        info = super().get_data_info(idx)
        if self.class_map is not None:
            info.update(class_map=self.class_map, unknown_ids=self.unknown)
        return info

    def _check_class_map(self) -> None:
        if self.class_map is None:
            return
        num_classes = len(self.metainfo['classes'])
        bad = {raw: cls for raw, cls in self.class_map.items() if not 0 <= cls < num_classes}
        bad = {raw: cls for raw, cls in bad.items() if cls != self.ignore_index}
        if bad:
            raise UserError(
                f'FolderDataset: class_map sends ids outside the {num_classes} classes of '
                f'metainfo.classes: {bad} (ignored ids map to {self.ignore_index})'
            )
        if any(type(transform) is LoadAnnotations for transform in self.pipeline.transforms):
            raise UserError(
                'FolderDataset: LoadAnnotations does not apply class_map; use '
                "dict(type='LoadMappedAnnotations') in the pipeline"
            )
