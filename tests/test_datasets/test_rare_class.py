"""Rare-class sampling inside a pair of domains, and its statistics by the command."""

import json

import numpy as np
import pytest
import torch
from mmcv.transforms import LoadImageFromFile
from mmengine.config import Config
from mmseg.registry import TRANSFORMS

from mmseg_uda.datasets import DomainPairDataset, RareClassDataset
from mmseg_uda.datasets.conversion import convert
from mmseg_uda.engine.checks import dataset_configs
from mmseg_uda.errors import UserError
from tests.conftest import run_command

from .folders import write_ids, write_image

READ = []
SIZE = (24, 48)
ROAD, TRAIN = 0, 16


@TRANSFORMS.register_module(force=True)
class LoadAndRemember(LoadImageFromFile):
    def transform(self, results):
        READ.append(results['img_path'])
        return super().transform(results)


PIPELINE = [
    dict(type='LoadAndRemember'),
    dict(type='LoadAnnotations'),
    dict(type='RandomCrop', crop_size=(8, 8)),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs'),
]


@pytest.fixture
def root(tmp_path):
    """Six images of road; the fifth has a train in one corner."""
    for i in range(6):
        ids = np.full(SIZE, 7)
        if i == 4:
            ids[:8, :8] = 31
        write_image(tmp_path / 'images' / f'{i}.png', size=SIZE[::-1], seed=i)
        write_ids(tmp_path / 'labels' / f'{i}.png', ids)
    convert('gta', tmp_path, workers=1)
    return tmp_path


def rare(root, **kwargs):
    dataset = dict(type='GTADataset', data_root=str(root), pipeline=PIPELINE) | kwargs.pop('dataset', {})
    return RareClassDataset(dataset, **dict(dict(min_pixels=10, min_crop_ratio=1.0), **kwargs))


def pixels_of(sample, c) -> int:
    return int((sample['data_samples'].gt_sem_seg.data == c).sum())


def test_rare_class_is_drawn_and_in_the_crop(root):
    pair = DomainPairDataset(source=rare(root, max_crops=200))
    drawn = [pair[0, None, seed]['source'] for seed in range(20)]
    # road takes 99 % of the pixels, so the train is always asked for
    assert all(sample['data_samples'].img_path.endswith('4.png') for sample in drawn)
    assert all(pixels_of(sample, TRAIN) > 10 for sample in drawn)


def test_the_last_crop_is_taken_as_it_is(root):
    np.random.seed(0)
    assert {pixels_of(rare(root, max_crops=0)[0], TRAIN) > 10 for _ in range(20)} == {True, False}


def test_a_sample_depends_on_its_seed_alone(root):
    pair = DomainPairDataset(source=rare(root, temperature=1.0))
    first, again, other = pair[0, None, 3]['source'], pair[5, None, 3]['source'], pair[0, None, 4]['source']
    assert torch.equal(first['inputs'], again['inputs'])
    assert not torch.equal(first['inputs'], other['inputs'])


def test_no_image_is_read_twice(root):
    dataset = rare(root, min_pixels=0, min_crop_ratio=1.0)
    dataset.min_crop_pixels = 65  # no crop has as many
    READ.clear()
    dataset[0]
    assert len(READ) == 1


def test_classes_of_a_subset(root):
    """SYNTHIA's 16 have no train, and other ids."""
    dataset = rare(root, dataset=dict(metainfo=dict(classes=['train', 'road'])))
    assert sorted(dataset.classes) == [0, 1] and dataset.images[list(dataset.classes).index(0)].tolist() == [4]
    dataset = rare(root, dataset=dict(metainfo=dict(classes='SYNTHIA_16')))
    assert dataset.classes.tolist() == [ROAD]


def test_wrong_statistics(root):
    path = root / 'sample_class_stats.json'
    entries = json.loads(path.read_text())
    path.write_text(json.dumps(entries[1:]))
    with pytest.raises(UserError, match=r'lack labels/0_labelTrainIds\.png.*class_statistics\.py'):
        rare(root)
    path.write_text('[1]')
    with pytest.raises(UserError, match='holds no class statistics'):
        rare(root)
    path.unlink()
    with pytest.raises(UserError, match='do not exist'):
        rare(root)


def test_nothing_to_draw(root):
    with pytest.raises(UserError, match='min_pixels=100000 of any class'):
        rare(root, min_pixels=100000)
    with pytest.raises(UserError, match='no RandomCrop'):
        rare(root, dataset=dict(pipeline=[PIPELINE[1], PIPELINE[-1]]))
    with pytest.raises(UserError, match='one labelled data set, not a RareClassDataset'):
        RareClassDataset(rare(root))


def test_command_counts_what_the_converter_counted(root):
    converted = json.loads((root / 'sample_class_stats.json').read_text())
    (root / 'sample_class_stats.json').unlink()
    source = dict(
        type='RareClassDataset',
        dataset=dict(type='GTADataset', data_root=str(root), pipeline=[dict(PIPELINE[0], type='LoadImageFromFile'),
                                                                       *PIPELINE[1:]]),
    )  # fmt: skip
    config = Config(
        dict(
            default_scope='mmseg',
            custom_imports=dict(imports=['mmseg_uda.datasets']),
            train_dataloader=dict(dataset=dict(type='DomainPairDataset', source=source)),
        )
    )
    assert list(dataset_configs(config)) == [('train_dataloader.dataset.source.dataset', source['dataset'])]
    config.dump(root / 'config.py')
    done = run_command('python', 'tools/analysis_tools/class_statistics.py', root / 'config.py', '--workers', '1')
    assert json.loads((root / 'sample_class_stats.json').read_text()) == converted
    assert 'train' in done.stdout


def test_command_without_a_data_set(root):
    Config(dict(default_scope='mmseg')).dump(root / 'config.py')
    words = ('tools/analysis_tools/class_statistics.py', root / 'config.py')
    done = run_command('python', *words, check=False)
    assert done.returncode == 1 and 'train_dataloader.dataset.source is no data set' in done.stdout
