"""One data set of two domains."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from mmengine.dataset import BaseDataset
from mmengine.logging import print_log
from mmseg.registry import DATASETS

from mmseg_uda.errors import UserError

from .concat import build_domain
from .label_check import check_label

PairIndex = tuple[int | None, int | None, int]

_SOURCE, _TARGET = 0, 1


@DATASETS.register_module()
class DomainPairDataset:
    """Pair a source sample with a target sample; either domain may be absent.

    It is indexed by ``(i_source, i_target, seed)`` as
    :class:`~mmseg_uda.datasets.DomainPairSampler` yields them, so no S x T index space exists.
    The seed governs ``random``, ``numpy`` and torch's CPU generator while the sample is made, and
    their states are put back afterwards: a sample depends on its index alone, not on the number of
    workers or on what was loaded before. Source and target draw from separate streams.

    Args:
        source: config (or instance) of the labelled data set, or None.
        target: config (or instance) of the unlabelled data set, or None.

    A sample is ``dict(source=dict(inputs, data_samples), target=dict(inputs, data_samples))``
    without the key of an absent domain; MMEngine's ``pseudo_collate`` turns samples into
    ``dict(source=dict(inputs=[...], data_samples=[...]), target=...)``.

    Raises:
        UserError: both domains are absent, or they disagree on the classes.
        UserError: a domain cannot be loaded; the message starts with its key.
        UserError: a label (or pseudo label) has an id that is no class; the message names the file.
    """

    def __init__(self, source: dict | BaseDataset | None = None, target: dict | BaseDataset | None = None) -> None:
        if source is None and target is None:
            raise UserError('DomainPairDataset: source and target are both None; give at least one')
        self.source = _build('source', source)
        self.target = _build('target', target)
        self._check_classes()
        self._num_classes = len(self.metainfo.get('classes') or ())

    @property
    def domain_lengths(self) -> tuple[int | None, int | None]:
        """Number of source and of target samples, None for an absent domain."""
        return (
            None if self.source is None else len(self.source),
            None if self.target is None else len(self.target),
        )

    @property
    def metainfo(self) -> dict:
        """The source's meta information, or the target's where there is no source."""
        return (self.source if self.source is not None else self.target).metainfo

    def full_init(self) -> None:
        """Load the file lists of data sets that were built lazily, and say how many images there are."""
        for dataset in (self.source, self.target):
            if dataset is not None:
                dataset.full_init()
        source, target = (0 if length is None else length for length in self.domain_lengths)
        print_log(f'Training images: {source} of source, {target} of target', logger='current')

    def __len__(self) -> int:
        return max(length for length in self.domain_lengths if length is not None)

    def __getitem__(self, index: PairIndex) -> dict:
        if not isinstance(index, (tuple, list)) or len(index) != 3:
            raise UserError(
                f'DomainPairDataset is indexed by (i_source, i_target, seed), not by {index!r}: use '
                "sampler=dict(type='DomainPairSampler') in the data loader"
            )
        i_source, i_target, seed = index
        sample = {}
        if self.source is not None:
            with _seeded(seed, _SOURCE):
                sample['source'] = self.source[i_source]
        if self.target is not None:
            with _seeded(seed, _TARGET):
                sample['target'] = self.target[i_target]
        if self._num_classes:
            for packed in sample.values():
                check_label(packed, self._num_classes)
        return sample

    def _check_classes(self) -> None:
        if self.source is None or self.target is None:
            return
        source, target = (list(d.metainfo.get('classes') or ()) for d in (self.source, self.target))
        if source != target:
            raise UserError(
                f'DomainPairDataset: source has {len(source)} classes, target {len(target)}, or in '
                f'another order: {source} and {target}. Set the same metainfo.classes on both'
            )


def _build(key: str, config: dict | BaseDataset | None) -> BaseDataset | None:
    if config is None or not isinstance(config, dict):
        return config
    try:
        return build_domain(config)
    except UserError as error:
        raise UserError(f'train_dataloader.dataset.{key}: {error}') from error


@contextmanager
def _seeded(seed: int, domain: int) -> Iterator[None]:
    """Random states from ``seed`` inside, as they were afterwards.

    torch's CUDA generators are left alone: ``torch.manual_seed`` would reset them in the training
    process when there are no workers.
    """
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    value = int(np.random.SeedSequence((seed, domain)).generate_state(1)[0])
    random.seed(value)
    np.random.seed(value)
    torch.default_generator.manual_seed(value)
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.set_rng_state(states[2])
