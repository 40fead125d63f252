"""PLCA's random crops against folders in the real formats."""

from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config
from mmengine.runner import Runner
from mmseg.registry import DATASETS, METRICS
from PIL import Image

import mmseg_uda.evaluation  # noqa: F401  registers the metric
from mmseg_uda.datasets import SYNTHIA_13, SYNTHIA_16
from mmseg_uda.datasets.conversion import convert

from .folders import make_cityscapes, make_gta, make_synthia

CONFIGS = Path(__file__).parents[2] / 'configs' / 'plca'
TASKS = ['gta2cs', 'syn2cs']


@pytest.fixture(scope='module')
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp('data')
    names = tuple('12345678')
    convert('gta', make_gta(root / 'gta', names), workers=1)
    convert('synthia', make_synthia(root / 'synthia', names), workers=1)
    convert('cityscapes', make_cityscapes(root / 'cityscapes', ('train', 'val', 'test')), workers=1)
    return root


def load(task, root):
    config = Config.fromfile(CONFIGS / f'plca_r101_{task}.py')
    pair = config.train_dataloader.dataset
    for dataset in (pair.source, pair.target, config.val_dataloader.dataset, config.test_dataloader.dataset):
        dataset.data_root = str(root / Path(dataset.data_root).name)
    return config


@pytest.mark.parametrize('task', TASKS)
def test_training_crops(task, root):
    config = load(task, root)
    loader = dict(config.train_dataloader, num_workers=0, persistent_workers=False, batch_size=8)
    batch = next(iter(Runner.build_dataloader(loader, seed=0)))
    sides, flips = set(), set()
    for domain in ('source', 'target'):
        assert [tuple(x.shape) for x in batch[domain]['inputs']] == [(3, 730, 730)] * 8
        for sample in batch[domain]['data_samples']:
            height, width = sample.ori_shape
            sides.add(round(min(height * sample.scale_factor[1], width * sample.scale_factor[0])))
            flips.add(sample.flip)
    assert min(sides) >= 760 and max(sides) <= 988 and len(sides) > 8 and flips == {True, False}
    labels = [sample.gt_sem_seg.data for sample in batch['source']['data_samples']]
    assert [tuple(label.shape) for label in labels] == [(1, 730, 730)] * 8
    classes = 16 if task == 'syn2cs' else 19
    assert len(DATASETS.build(config.train_dataloader.dataset).metainfo['classes']) == classes
    assert all(((label < classes) | (label == 255)).all() for label in labels)


@pytest.mark.parametrize('task', TASKS)
def test_evaluation(task, root):
    config = load(task, root)
    for split in ('val', 'test'):
        dataset = DATASETS.build(config[f'{split}_dataloader'].dataset)
        sample = dataset[0]
        image = Image.open(sample['data_samples'].img_path).resize((1460, 730), Image.BILINEAR)  # as released
        assert np.array_equal(sample['inputs'].permute(1, 2, 0).flip(-1), np.asarray(image))
        assert tuple(sample['data_samples'].gt_sem_seg.shape) == (16, 32)  # the labels' own size
        metric = METRICS.build(config[f'{split}_evaluator'])
        metric.dataset_meta = dataset.metainfo
        if task == 'syn2cs':
            assert metric.subsets == dict(mIoU16=list(SYNTHIA_16), mIoU13=list(SYNTHIA_13))
            assert list(dataset.metainfo['classes']) == list(SYNTHIA_16)
            assert metric.outside == 'count'  # the mean over 13 is of the same IoUs as that over 16
