"""Pairs that are not of the streets: aerial images and the retina, from tiny folders in each set's layout."""

import numpy as np
import pytest
from mmengine.config import Config
from mmengine.runner import Runner
from mmseg.datasets import DRIVEDataset, LoveDADataset, PotsdamDataset
from mmseg.registry import DATASETS, METRICS

import mmseg_uda.evaluation  # noqa: F401  registers the metric
from mmseg_uda.engine.checks import check_files
from mmseg_uda.errors import UserError
from tests.conftest import ROOT

from . import folders

MAKERS = dict(
    potsdam_irrg=folders.make_tiles,
    vaihingen=folders.make_tiles,
    loveda=folders.make_loveda,
    DRIVE=folders.make_drive,
    STARE=folders.make_stare,
)
# MMSeg's class of the source, what the ids 0, 1, ... of the label files become, (height, width) of source and target,
# parts of the paths that are read.
PAIRS = dict(
    potsdam2vaihingen=(PotsdamDataset, [255, *range(6)], (64, 64), (64, 64), 'potsdam', 'vaihingen'),
    vaihingen2potsdam=(PotsdamDataset, [255, *range(6)], (64, 64), (64, 64), 'vaihingen', 'potsdam'),
    loveda_rural2urban=(LoveDADataset, [255, *range(7)], (64, 64), (64, 64), 'Rural', 'Urban'),
    loveda_urban2rural=(LoveDADataset, [255, *range(7)], (64, 64), (64, 64), 'Urban', 'Rural'),
    drive2stare=(DRIVEDataset, [0, 1], (59, 57), (61, 70), 'DRIVE', 'STARE'),
)


def load(name: str, root) -> Config:
    config = Config.fromfile(ROOT / f'configs/_base_/datasets/{name}.py')
    pair = config.train_dataloader.dataset
    for dataset in (pair.source, pair.target, config.val_dataloader.dataset, config.test_dataloader.dataset):
        dataset.data_root = dataset.data_root.replace('data/', f'{root}/')
    return config


@pytest.fixture(scope='module')
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp('data')
    for name, make in MAKERS.items():
        make(root / name)
    return root


@pytest.mark.parametrize('name', PAIRS)
def test_a_pair_is_loaded(name, root):
    mmseg_class, wanted, source_size, target_size, source_part, target_part = PAIRS[name]
    loader = dict(load(name, root).train_dataloader, batch_size=1, num_workers=0, persistent_workers=False)
    loader = Runner.build_dataloader(loader, seed=0)
    assert loader.dataset.domain_lengths == (1, 1)
    assert tuple(loader.dataset.metainfo['classes']) == mmseg_class.METAINFO['classes']
    assert loader.dataset.metainfo['palette'] == mmseg_class.METAINFO['palette']
    batch = next(iter(loader))
    source, target = batch['source']['data_samples'][0], batch['target']['data_samples'][0]
    assert tuple(batch['source']['inputs'][0].shape) == (3, *source_size)
    assert tuple(batch['target']['inputs'][0].shape) == (3, *target_size)
    assert source_part in source.img_path and target_part in target.img_path
    expected = folders.pattern(wanted, source_size)
    assert np.array_equal(source.gt_sem_seg.data[0], expected)
    assert 'gt_sem_seg' not in target


@pytest.mark.parametrize('name', PAIRS)
def test_labelled_target_images(name, root):
    _, wanted, _, size, _, part = PAIRS[name]
    config = load(name, root)
    assert (
        config.test_dataloader == config.val_dataloader
        and config.test_pipeline == config.test_dataloader.dataset.pipeline
    )
    dataset = DATASETS.build(config.val_dataloader.dataset)
    assert len(dataset) == 1
    sample = dataset[0]['data_samples']
    assert part in sample.seg_map_path and not sample.seg_map_path.endswith('.vk.png')
    assert np.array_equal(sample.gt_sem_seg.data[0], folders.pattern(wanted, size))
    METRICS.build(config.val_evaluator).dataset_meta = dataset.metainfo  # refuses subsets of other classes


@pytest.mark.parametrize('name', PAIRS)
def test_a_missing_folder_is_named_by_its_key(name, root, tmp_path):
    config = load(name, root)
    config.model = dict()
    check_files(config)
    for key, dataset in (
        ('train_dataloader.dataset.source', config.train_dataloader.dataset.source),
        ('train_dataloader.dataset.target', config.train_dataloader.dataset.target),
        ('val_dataloader.dataset', config.val_dataloader.dataset),
    ):
        there, dataset.data_root = dataset.data_root, str(tmp_path / 'nowhere')
        with pytest.raises(UserError, match=rf'^{key}\.data_root: folder .*nowhere does not exist'):
            check_files(config)
        dataset.data_root = there
