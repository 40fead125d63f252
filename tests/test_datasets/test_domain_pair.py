import random
from itertools import islice

import numpy as np
import pytest
import torch
from mmcv.transforms import BaseTransform
from mmengine.runner import Runner
from mmseg.registry import DATASETS, TRANSFORMS

from mmseg_uda.datasets import DomainPairDataset, DomainPairSampler
from mmseg_uda.datasets.conversion import convert
from mmseg_uda.errors import UserError

from .folders import make_cityscapes, make_gta


@TRANSFORMS.register_module(force=True)
class DrawNumbers(BaseTransform):
    """Writes one draw of each generator into the sample."""

    def transform(self, results):
        results['draws'] = (random.random(), np.random.rand(), torch.rand(1).item())
        return results


PACK = dict(type='PackSegInputs', meta_keys=('img_path', 'draws'))


@pytest.fixture(scope='module')
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp('pair')
    convert('gta', make_gta(root / 'gta', ('1', '2', '3')), workers=1)
    make_cityscapes(root / 'cs')
    return root


def source_config(root, **kwargs):
    pipeline = [
        dict(type='LoadImageFromFile'),
        dict(type='LoadAnnotations'),
        dict(type='DrawNumbers'),
        PACK,
    ]
    return dict(type='GTADataset', data_root=str(root / 'gta'), pipeline=pipeline) | kwargs


def target_config(root, **kwargs):
    pipeline = [dict(type='LoadImageFromFile'), dict(type='DrawNumbers'), PACK]
    return (
        dict(
            type='UnlabeledDataset',
            data_root=str(root / 'cs'),
            data_prefix=dict(img_path='leftImg8bit/train'),
            pipeline=pipeline,
        )
        | kwargs
    )


def draws(sample):
    return sample['data_samples'].metainfo['draws']


def test_sample(root):
    dataset = DomainPairDataset(source_config(root), target_config(root))
    assert dataset.domain_lengths == (3, 2) and len(dataset) == 3
    assert len(dataset.metainfo['classes']) == 19
    sample = dataset[2, 1, 7]
    assert sample['source']['data_samples'].metainfo['img_path'].endswith('/3.png')
    assert 'gt_sem_seg' in sample['source']['data_samples']
    assert '000001' in sample['target']['data_samples'].metainfo['img_path']
    assert 'gt_sem_seg' not in sample['target']['data_samples']


def test_seed_alone_decides_and_outer_states_survive(root):
    dataset = DomainPairDataset(source_config(root), target_config(root))
    random.seed(1), np.random.seed(1), torch.manual_seed(1)
    expected = (random.random(), np.random.rand(), torch.rand(1).item())
    random.seed(1), np.random.seed(1), torch.manual_seed(1)
    first, again, other = dataset[0, 0, 7], dataset[0, 0, 7], dataset[0, 0, 8]
    assert expected == (random.random(), np.random.rand(), torch.rand(1).item())
    assert draws(first['source']) == draws(again['source'])
    assert draws(first['target']) == draws(again['target'])
    values = {*draws(first['source']), *draws(first['target']), *draws(other['source'])}
    assert len(values) == 9  # domains and seeds differ in every generator


def test_states_survive_a_failing_sample(root):
    dataset = DomainPairDataset(source_config(root), None)
    state = random.getstate()
    with pytest.raises(IndexError):
        dataset[99, None, 0]
    assert random.getstate() == state


@pytest.mark.parametrize('absent', ['source', 'target'])
def test_absent_domain(root, absent):
    configs = dict(source=source_config(root), target=target_config(root))
    present = {'source': 'target', 'target': 'source'}[absent]
    dataset = DomainPairDataset(**{**configs, absent: None})
    index = next(iter(DomainPairSampler(dataset, seed=0)))
    assert index[['source', 'target'].index(absent)] is None
    assert set(dataset[index]) == {present}
    assert len(dataset.metainfo['classes']) == 19


def test_mistakes(root):
    with pytest.raises(UserError, match='both None'):
        DomainPairDataset()
    with pytest.raises(UserError, match='DomainPairSampler'):
        DomainPairDataset(source_config(root))[0]
    with pytest.raises(UserError, match='source has 19 classes, target 16'):
        DomainPairDataset(source_config(root), target_config(root, metainfo=dict(classes='SYNTHIA_16')))
    with pytest.raises(UserError, match=r'^train_dataloader\.dataset\.target: UnlabeledDataset'):
        DomainPairDataset(source_config(root), target_config(root, data_root='nowhere'))


def loader_config(root, num_workers, batch_size=2):
    return dict(
        batch_size=batch_size,
        num_workers=num_workers,
        sampler=dict(type='DomainPairSampler'),
        dataset=dict(type='DomainPairDataset', source=source_config(root), target=target_config(root)),
    )


def record(batches):
    return [
        (domain, sample.metainfo['img_path'], sample.metainfo['draws'])
        for batch in batches
        for domain in ('source', 'target')
        for sample in batch[domain]['data_samples']
    ]


def test_runner_builds_it_and_workers_change_nothing(root):
    batches = {}
    for workers in (0, 2):
        loader = Runner.build_dataloader(loader_config(root, workers), seed=3)
        batches[workers] = list(islice(loader, 3))
    batch = batches[0][0]
    assert set(batch) == {'source', 'target'}
    assert [tuple(image.shape) for image in batch['source']['inputs']] == [(3, 16, 32)] * 2
    assert record(batches[0]) == record(batches[2])


def test_the_log_says_how_many_images_there_are(root, log):
    for domains, said in (({}, '3 of source, 2 of target'), (dict(target=None), '3 of source, 0 of target')):
        loader = loader_config(root, 0)
        loader['dataset'].update(domains)
        Runner.build_dataloader(loader, seed=3)
        assert f'Training images: {said}' in log.text


def test_skip_continues_the_stream(root):
    whole = Runner.build_dataloader(loader_config(root, 0), seed=3)
    rest = Runner.build_dataloader(loader_config(root, 0), seed=3)
    rest.sampler.skip(2 * 2)
    assert record(islice(rest, 3)) == record(islice(whole, 2, 5))


def test_registered_in_mmsegs_registry():
    assert DATASETS.get('DomainPairDataset') is DomainPairDataset
