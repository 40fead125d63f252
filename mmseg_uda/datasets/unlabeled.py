"""Target images: no labels, but pseudo labels from a folder when there is one."""

import os.path as osp
from collections.abc import Sequence

from mmengine import fileio
from mmseg.datasets import CityscapesDataset
from mmseg.registry import DATASETS

from mmseg_uda.errors import choice
from mmseg_uda.pseudo_labels.rounds import (
    CONFIDENCE,
    EASY,
    HARD,
    IMAGES_NAME,
    LABELS,
    MAP_SUFFIX,
    Manifest,
    image_name,
    image_sizes,
    labelled_images,
    map_folder,
    map_path,
    part_path,
)
from mmseg_uda.utils.image_files import IMAGE_SUFFIXES

from .checked_dataset import CheckedSegDataset
from .class_subsets import resolve_classes
from .files import by_stem, list_files, some


@DATASETS.register_module()
class UnlabeledDataset(CheckedSegDataset):
    """A folder of images. Labels are never read, whatever lies beside the images.

    Args:
        data_prefix: ``img_path`` only.
        img_suffix: end of the image files' names, extension included, or several; every image format by default.
        pseudo_labels: folder of a round of pseudo labels (:mod:`~mmseg_uda.pseudo_labels.rounds`): ids of the *model's*
            classes at the size of the network's input and, optionally, confidences.
        part: ``'easy'`` or ``'hard'``: only the images that the round lists as such (IntraDA; the selector must rank
            images). Before there is a round, and with None: all.
        metainfo: Cityscapes' 19 classes unless ``classes`` (and ``palette``) say otherwise.

    Items carry ``img_path`` and, with pseudo labels, ``pseudo_label_path`` (and
    ``pseudo_confidence_path`` where the round has confidences).

    Raises:
        UserError: no images, or an image without pseudo label (or confidence).
    """

    METAINFO = CityscapesDataset.METAINFO
    DATA_PREFIX = dict(img_path='')

    def __init__(
        self,
        img_suffix: str | Sequence[str] = IMAGE_SUFFIXES,
        pseudo_labels: str | None = None,
        part: str | None = None,
        metainfo: dict | None = None,
        data_prefix: dict | None = None,
        **kwargs,
    ) -> None:
        if 'seg_map_path' in (data_prefix or {}):
            raise self._error(
                'data_prefix.seg_map_path is set, but target labels are never used',
                'remove data_prefix.seg_map_path',
            )
        if self._is_foreign(metainfo) and 'palette' not in metainfo:
            metainfo = {**metainfo, 'palette': []}  # MMSeg then makes one up
        self.part = choice('UnlabeledDataset: part', part, (EASY, HARD, None))
        self.pseudo_labels: str | None = None
        self._has_confidence = False
        self._members: list[int] | None = None
        self._image_root = ''
        super().__init__(img_suffix=img_suffix, metainfo=metainfo, data_prefix=data_prefix, **kwargs)
        self.set_pseudo_labels(pseudo_labels)

    @classmethod
    def get_label_map(cls, new_classes: list[str] | None = None) -> dict[int, int] | None:
        """None for classes of another data set: there are no labels to map."""
        if cls._is_foreign(dict(classes=new_classes)):
            return None
        return super().get_label_map(new_classes)

    @classmethod
    def _is_foreign(cls, metainfo: dict | None) -> bool:
        classes = (metainfo or {}).get('classes')
        known = set(cls.METAINFO['classes'])
        return classes is not None and not set(resolve_classes(classes)) <= known

    def set_pseudo_labels(self, folder: str | None, image_root: str | None = None) -> None:
        """Take the labels of another round from now on, or of none.

        Loader workers that already run keep the round they were started with: make a new iterator
        of the data loader afterwards.

        Args:
            folder: the round.
            image_root: folder from which the round names images, where it is not this data set's own (a round of
                several folders).

        Raises:
            UserError: the round is one of other classes or images, lacks the label of an image, or has confidences but
                not all.
        """
        self._image_root = image_root or self.data_prefix['img_path']
        if folder is not None:
            self._check_origin(folder)
            self._check_round(folder, LABELS)
            self._has_confidence = fileio.isdir(map_folder(folder, CONFIDENCE), backend_args=self.backend_args)
            if self._has_confidence:
                self._check_round(folder, CONFIDENCE)
        self._members = None if folder is None or self.part is None else self._listed(folder)
        self.pseudo_labels = folder

    def __len__(self) -> int:
        return super().__len__() if self._members is None else len(self._members)

    def get_data_info(self, idx: int) -> dict:
        info = super().get_data_info(idx if self._members is None else self._members[idx])
        if self.pseudo_labels is not None:
            name = image_name(info['img_path'], self._image_root)
            info['pseudo_label_path'] = map_path(self.pseudo_labels, LABELS, name)
            if self._has_confidence:
                info['pseudo_confidence_path'] = map_path(self.pseudo_labels, CONFIDENCE, name)
        return info

    def _check_round(self, folder: str, kind: str) -> None:
        maps = map_folder(folder, kind)
        fix = 'generate the round again (tools/generate_pseudo_labels.py), or correct pseudo_labels'
        if not fileio.isdir(maps, backend_args=self.backend_args):
            raise self._error(f'pseudo_labels={folder!r} has no folder {kind}/', fix)
        wanted = set(self._image_paths())
        missing = wanted - set(by_stem(list_files(maps, self.backend_args), MAP_SUFFIX))
        if missing:
            raise self._error(
                f'pseudo_labels={folder!r} lacks the {kind} of {len(missing)} of {len(wanted)} images: {some(missing)}',
                fix,
            )

    def _check_origin(self, folder: str) -> None:
        """What a round says of itself is true of this data set. (A folder of labels that says nothing is taken.)"""
        manifest = Manifest.read(folder)
        classes = list(self.metainfo['classes'])
        if manifest is not None and manifest.classes != classes:
            apart = sorted({*manifest.classes} ^ {*classes})
            raise self._error(
                f'pseudo_labels={folder!r} is a round of {len(manifest.classes)} classes, this data set has '
                f'{len(classes)}; {"they differ in " + some(apart) if apart else "their order differs"}',
                'set metainfo.classes of train_dataloader.dataset.target as it was when the round was made, or make a '
                'round for these classes (tools/generate_pseudo_labels.py)',
            )
        labelled = labelled_images(folder)
        sizes = image_sizes(self._image_paths()) if labelled else {}
        others = {name for name, size in sizes.items() if labelled.get(name, size) != size}
        if others:
            raise self._error(
                f'pseudo_labels={folder!r} is a round of other images: {len(others)} of {len(sizes)} have the names of '
                f'those that were labelled, but not their size in bytes: {some(others)}',
                'correct data_root or pseudo_labels, or make a round for these (tools/generate_pseudo_labels.py); '
                f'if they are the same pictures in other files, delete {IMAGES_NAME} of the round',
            )

    def _image_paths(self) -> dict[str, str]:
        """Paths of all images by name, whatever part is in use."""
        paths = [super(UnlabeledDataset, self).get_data_info(i)['img_path'] for i in range(super().__len__())]
        return {image_name(path, self._image_root): path for path in paths}

    def _listed(self, folder: str) -> list[int]:
        path = part_path(folder, self.part)
        if not fileio.isfile(path, backend_args=self.backend_args):
            raise self._error(
                f'part is {self.part!r}, but pseudo_labels={folder!r} has no {osp.basename(path)}',
                "make the round with a selector that ranks images (type='EntropyRankingSelector'), or leave part out",
            )
        listed = set(fileio.get_text(path, backend_args=self.backend_args).splitlines())
        return [index for index, name in enumerate(self._image_paths()) if name in listed]
