"""Several folders of target images as one target."""

import os.path as osp
from collections.abc import Sequence

from mmengine.dataset import BaseDataset, ConcatDataset
from mmseg.registry import DATASETS

from mmseg_uda.errors import UserError

OF_THE_WHOLE = ('type', 'datasets', 'pseudo_labels', 'lazy_init', 'ignore_keys')


def part_configs(dataset: dict) -> list[dict]:
    """Configs of the data sets that a config joins, in order; itself alone where it joins none.

    What stands beside ``datasets`` (``pipeline``, ``metainfo``, ``part`` ...) holds for each part that does not say
    otherwise, so that a stage or a child config changes all of them in one place. Parts without a ``type`` are target
    images.
    """
    if 'datasets' not in dataset:
        return [dataset]
    shared = {key: value for key, value in dataset.items() if key not in OF_THE_WHOLE}
    return [{'type': 'UnlabeledDataset', **shared, **part} for part in dataset['datasets']]


def build_domain(config: dict) -> BaseDataset | ConcatDataset:
    """Build a data set; MMEngine's ``ConcatDataset`` of target images becomes a :class:`ConcatUnlabeledDataset`."""
    types = {part['type'] for part in part_configs(config)}
    if config['type'] == 'ConcatDataset' and types == {'UnlabeledDataset'}:
        config = {**config, 'type': 'ConcatUnlabeledDataset'}
    return DATASETS.build(config)


def common_folder(folders: Sequence[str]) -> str:
    """The deepest folder that holds all of them."""
    if len({osp.isabs(folder) for folder in folders}) > 1:
        folders = [osp.abspath(folder) for folder in folders]
    return osp.commonpath(folders) or osp.curdir


@DATASETS.register_module()
class ConcatUnlabeledDataset(ConcatDataset):
    """Several :class:`~mmseg_uda.datasets.UnlabeledDataset` as one target, with one round of pseudo labels.

    Images are named by their path below the deepest folder that holds all parts, so that ``fog/train/1.png`` and
    ``night/train/1.png`` have labels of their own.

    Args:
        datasets: configs of the parts; ``type`` may be left out.
        pseudo_labels: folder of a round that was made for all parts together.
        **shared: for each part that does not say otherwise, see :func:`part_configs`.

    Raises:
        UserError: there is no part, one cannot be loaded or has labels of its own, or parts have different classes.
    """

    def __init__(self, datasets: Sequence[dict], pseudo_labels: str | None = None, **shared) -> None:
        if not datasets:
            raise UserError('ConcatUnlabeledDataset: datasets is empty; list the configs of its parts')
        for i, part in enumerate(datasets):
            if part.get('pseudo_labels') is not None:
                raise UserError(
                    f'datasets[{i}].pseudo_labels is set, but a round is of all parts: set it beside datasets'
                )
        parts = [DATASETS.build(part) for part in part_configs({**shared, 'datasets': datasets})]
        classes = [list(part.metainfo['classes']) for part in parts]
        for i, other in enumerate(classes):
            if other != classes[0]:
                raise UserError(
                    f'datasets[{i}] has the classes {other}, datasets[0] {classes[0]}: set metainfo beside datasets'
                )
        super().__init__(parts)
        self.data_prefix = dict(img_path=common_folder([part.data_prefix['img_path'] for part in parts]))
        self.pipeline = [part.pipeline for part in parts]
        self.set_pseudo_labels(pseudo_labels)

    def set_pseudo_labels(self, folder: str | None) -> None:
        """Take the labels of another round from now on, or of none; see :class:`UnlabeledDataset`.

        Raises:
            UserError: the round lacks the label of an image, or has confidences but not all.
        """
        for part in self.datasets:
            part.set_pseudo_labels(folder, image_root=self.data_prefix['img_path'])
        self.cumulative_sizes = self.cumsum(self.datasets)  # a round may restrict parts to easy or hard images
        self.pseudo_labels = folder
