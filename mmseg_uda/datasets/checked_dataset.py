"""Segmentation folders that are checked before training starts."""

import logging
import os.path as osp
import random
from collections.abc import Sequence
from fnmatch import fnmatchcase

from mmengine import fileio
from mmengine.logging import print_log
from mmseg.datasets import BaseSegDataset

from mmseg_uda.errors import UserError
from mmseg_uda.utils.image_files import is_cut_off, not_an_image, unreadable

from .class_subsets import resolve_classes
from .files import as_suffixes, by_stem, list_files, skipped_images, some

ASPECT = 0.05
"""How much the ratio of width and height of an image may differ from its label's: translated GTA5 is published at
1280x720, labels are 1914x1052."""


class CheckedSegDataset(BaseSegDataset):
    """MMSeg's folder dataset with errors that name the config key and the fix.

    Labelled sets are listed by their labels, so images that a converter skipped are left out, and
    a label whose image is missing (an incomplete folder of translated images, say) is refused.
    Suffixes count in any letter case; images below the folder that have another one are skipped, with a warning.
    ``metainfo=dict(classes=...)`` takes a list of names or the name of a subset
    (:mod:`mmseg_uda.datasets.class_subsets`).

    Args:
        leave_out: This many random images, the same ones in every run, are not part of the set (DAST's 500 of GTA5).
        left_out: They alone are.
        only: A pattern (``*`` matches anything, slashes too) that paths below the folder, without suffix, must match:
            ``'fog/train/*'``. None: all.
        data_prefix: ``img_path`` and, for labelled sets, ``seg_map_path``, relative to ``data_root``
            or absolute. Keys left out keep the class's default.
        img_suffix: end of the image files' names, extension included, or several.
        **kwargs: the arguments of :class:`mmseg.datasets.BaseSegDataset`.

    Raises:
        UserError: a folder is missing or empty, a label has no image, two images differ in their suffix only, or
            nothing would be left.
    """

    DATA_PREFIX: dict = dict(img_path='', seg_map_path='')
    #: what makes the labels, for the error message; empty where nothing has to be converted
    CONVERTER: str = ''

    def __init__(
        self,
        data_prefix: dict | None = None,
        metainfo: dict | None = None,
        leave_out: int = 0,
        left_out: bool = False,
        only: str | None = None,
        **kwargs,
    ) -> None:
        self.leave_out = leave_out
        self.left_out = left_out
        self.only = only
        if metainfo is not None and 'classes' in metainfo:
            metainfo = {**metainfo, 'classes': resolve_classes(metainfo['classes'])}
        super().__init__(data_prefix={**self.DATA_PREFIX, **(data_prefix or {})}, metainfo=metainfo, **kwargs)

    def load_data_list(self) -> list[dict]:
        images = self._files('img_path', self.img_suffix, 'img_suffix')
        labels: dict[str, str] = {}
        if self._labelled:
            labels = self._files('seg_map_path', self.seg_map_suffix, 'seg_map_suffix')
        selected = self._selection(labels or images)
        if labels:
            self._check_partners(images, selected)
        return [self._item(images[stem], labels.get(stem)) for stem in sorted(self._part(selected))]

    def prepare_data(self, idx: int) -> dict:
        """MMEngine's, with errors that name the file.

        Raises:
            UserError: an image or a label is damaged, or its loading step cannot use it.
        """
        info = self.get_data_info(idx)
        files = [value for key, value in info.items() if key.endswith('_path') and osp.isfile(str(value))]
        if cut_off := next(filter(is_cut_off, files), None):
            raise not_an_image(cut_off)
        try:
            return self._through_pipeline(info)
        except UserError:
            raise
        except Exception as error:
            # Decoders raise what they like; asked only once something has failed.
            if damaged := unreadable(files):
                raise not_an_image(damaged) from error
            raise

    def _through_pipeline(self, data: dict | None) -> dict | None:
        for step in self.pipeline.transforms:
            unlabelled = 'gt_seg_map' not in data
            data = step(data)
            if data is None:
                return None
            if unlabelled and 'gt_seg_map' in data and 'seg_map_path' in data:
                self._check_aspect(data)
        return data

    def _check_aspect(self, data: dict) -> None:
        """A label is of its image, though perhaps of another size. (Resize would pull any to the image's.)"""
        height, width = data['gt_seg_map'].shape[:2]
        image_height, image_width = data.get('ori_shape', (height, width))
        if abs(width * image_height / (height * image_width) - 1) > ASPECT:
            raise self._error(
                f'the label {data["seg_map_path"]} is {width}x{height}, its image {data["img_path"]} '
                f'{image_width}x{image_height}',
                'bring back the label of this image, or remove both',
            )

    @property
    def _labelled(self) -> bool:
        return self.data_prefix.get('seg_map_path') is not None

    def _part(self, stems: set[str]) -> set[str]:
        """Without the images that are left out, or those alone."""
        if not 0 <= self.leave_out < len(stems):
            raise self._error(f'leave_out is {self.leave_out}, of {len(stems)} images', 'set a smaller leave_out')
        apart = set(random.Random(0).sample(sorted(stems), self.leave_out))
        if self.left_out and not apart:
            raise self._error('left_out=True, but leave_out is 0', 'set leave_out to how many images the part has')
        return apart if self.left_out else stems - apart

    def _item(self, image: str, label: str | None) -> dict:
        item = dict(
            img_path=osp.join(self.data_prefix['img_path'], image),
            label_map=self.label_map,
            reduce_zero_label=self.reduce_zero_label,
            seg_fields=[],
        )
        if label is not None:
            item['seg_map_path'] = osp.join(self.data_prefix['seg_map_path'], label)
        return item

    def _files(self, key: str, suffix: str | Sequence[str], suffix_key: str) -> dict[str, str]:
        folder = self.data_prefix[key]
        if self.data_root and not fileio.isdir(self.data_root, backend_args=self.backend_args):
            raise self._error(
                f'data_root={self.data_root!r} is not a folder',
                'set data_root to where the data set lies, or link it there',
            )
        if not fileio.isdir(folder, backend_args=self.backend_args):
            raise self._error(
                f'data_prefix.{key} leads to {folder!r}, which is not a folder',
                f'correct data_root or data_prefix.{key}',
            )
        files = list_files(folder, self.backend_args)
        try:
            found = by_stem(files, suffix)
        except UserError as error:
            raise self._error(f'below {folder!r}, {error}', f'remove one, or set {suffix_key}') from error
        if not found:
            fix = f'correct data_prefix.{key} or {suffix_key}'
            if key == 'seg_map_path' and self.CONVERTER:
                fix = (
                    f'convert the data set first: python tools/dataset_converters/'
                    f'{self.CONVERTER}.py {self.data_root or "<data root>"}'
                )
            raise self._error(f'no file *{" or *".join(as_suffixes(suffix))} below {folder!r} ({suffix_key})', fix)
        if key == 'img_path':
            self._warn_of_skipped(files)
        return self._chosen(found, folder)

    def _chosen(self, files: dict[str, str], folder: str) -> dict[str, str]:
        chosen = {stem: file for stem, file in files.items() if self.only is None or fnmatchcase(stem, self.only)}
        if not chosen:
            raise self._error(
                f'only={self.only!r} matches none of the {len(files)} files below {folder!r}, such as {some(files, 1)}',
                'correct only',
            )
        return chosen

    def _warn_of_skipped(self, files: list[str]) -> None:
        """Say which images have another suffix. Labels in the same folder are none."""
        beside = self._labelled and self.data_prefix['seg_map_path'] == self.data_prefix['img_path']
        skipped = skipped_images(files, self.img_suffix, self.seg_map_suffix if beside else ())
        if skipped:
            print_log(
                f'{type(self).__name__}: of the images below {self.data_prefix["img_path"]}, {len(skipped)} do not '
                f'end in {" or ".join(as_suffixes(self.img_suffix))} (img_suffix) and are skipped: {some(skipped)}',
                logger='current',
                level=logging.WARNING,
            )

    def _selection(self, files: dict[str, str]) -> set[str]:
        if not self.ann_file:
            return set(files)
        if not fileio.isfile(self.ann_file, backend_args=self.backend_args):
            raise self._error(f'ann_file={self.ann_file!r} does not exist', 'correct ann_file')
        lines = fileio.get_text(self.ann_file, backend_args=self.backend_args).splitlines()
        listed = {line.strip() for line in lines if line.strip()}
        unknown = listed - set(files)
        if unknown or not listed:
            raise self._error(
                f'ann_file={self.ann_file!r} lists {len(listed)} names, of which {len(unknown)} '
                f'have no file: {some(unknown)}',
                'list paths below the folder, without suffix',
            )
        return listed

    def _check_partners(self, images: dict[str, str], labels: set[str]) -> None:
        folder = self.data_prefix['img_path']
        missing = labels - set(images)
        if missing:
            raise self._error(
                f'{len(missing)} of {len(labels)} labels have no image '
                f'*{" or *".join(as_suffixes(self.img_suffix))} below {folder!r}: {some(missing)}',
                'complete the folder data_prefix.img_path, or correct img_suffix',
            )
        unlabelled = len(set(images) - labels)
        if unlabelled:
            print_log(
                f'{type(self).__name__}: {unlabelled} of {len(images)} images below {folder} have '
                'no label and are left out',
                logger='current',
            )

    def _error(self, problem: str, fix: str) -> UserError:
        return UserError(f'{type(self).__name__}: {problem}. To fix: {fix}.')
