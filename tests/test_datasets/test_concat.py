"""Several folders as one target, with equal names in each."""

import pytest
from mmengine.dataset import ConcatDataset
from mmseg.registry import DATASETS

from mmseg_uda.datasets import ConcatUnlabeledDataset, DomainPairDataset
from mmseg_uda.datasets.concat import build_domain, part_configs
from mmseg_uda.errors import UserError

from .folders import pattern, write_ids, write_image

PIPELINE = [dict(type='LoadImageFromFile'), dict(type='LoadPseudoLabels'), dict(type='PackDomainInputs')]
CLASSES = dict(classes=['road', 'car', 'sky'])


@pytest.fixture
def target(tmp_path) -> dict:
    for i, name in enumerate(('fog/train/1.png', 'fog/train/2.png', 'night/train/1.JPG')):
        write_image(tmp_path / 'weather' / name, seed=i)
        write_ids(tmp_path / 'round/labels' / f'{name[:-4]}.png', pattern([i]))
    parts = [
        dict(data_root=str(tmp_path / 'weather'), data_prefix=dict(img_path=f'{c}/train')) for c in ('fog', 'night')
    ]
    return dict(type='ConcatDataset', metainfo=CLASSES, pipeline=PIPELINE, datasets=parts)


def labels(dataset):
    samples = [dataset[i]['data_samples'] for i in range(len(dataset))]
    return [int(sample.gt_sem_seg.data.max()) if 'gt_sem_seg' in sample else None for sample in samples]


def test_what_stands_beside_the_parts_holds_for_each(target):
    target['datasets'][1]['pipeline'] = []
    first, second = part_configs(target)
    assert first['type'] == second['type'] == 'UnlabeledDataset' and first['metainfo'] == second['metainfo'] == CLASSES
    assert first['pipeline'] == PIPELINE and second['pipeline'] == []
    assert part_configs(first) == [first]


def test_labels_of_equal_names_are_kept_apart(target, tmp_path):
    dataset = build_domain(target)
    assert isinstance(dataset, ConcatUnlabeledDataset) and len(dataset) == 3 and labels(dataset) == [None] * 3
    assert (
        dataset.data_prefix == dict(img_path=str(tmp_path / 'weather'))
        and dataset.metainfo['classes'] == CLASSES['classes']
    )
    dataset.set_pseudo_labels(str(tmp_path / 'round'))
    assert labels(dataset) == [0, 1, 2]
    dataset.set_pseudo_labels(None)
    assert labels(dataset) == [None] * 3


def test_a_round_is_named_once(target, tmp_path):
    pair = DomainPairDataset(None, dict(target, pseudo_labels=str(tmp_path / 'round')))
    assert pair.domain_lengths == (None, 3) and labels(pair.target) == [0, 1, 2]
    (tmp_path / 'round/labels/night/train/1.png').unlink()
    with pytest.raises(UserError, match=r'dataset\.target: .*lacks the labels of 1 of 1 images: night/train/1'):
        DomainPairDataset(None, dict(target, pseudo_labels=str(tmp_path / 'round')))


def test_parts_of_a_round(target, tmp_path):
    """Easy and hard images of all folders together."""
    (tmp_path / 'round/easy.txt').write_text('night/train/1\nfog/train/2\n')
    dataset = build_domain(dict(target, part='easy', pseudo_labels=str(tmp_path / 'round')))
    assert len(dataset) == 2 and labels(dataset) == [1, 2]


def test_folders_anywhere(target, tmp_path, monkeypatch):
    """Relative folders without a common one, or a relative and an absolute one."""
    monkeypatch.chdir(tmp_path / 'weather')
    target['datasets'][0]['data_root'] = ''
    assert labels(build_domain(dict(target, pseudo_labels=str(tmp_path / 'round')))) == [0, 1, 2]
    target['datasets'][1]['data_root'] = ''
    assert labels(build_domain(dict(target, pseudo_labels=str(tmp_path / 'round')))) == [0, 1, 2]


def test_labelled_sets_stay_mmengines(tmp_path):
    write_image(tmp_path / 'images/a.png')
    write_ids(tmp_path / 'labels/a.png', pattern([0, 1]))
    part = dict(type='FolderDataset', data_root=str(tmp_path), metainfo=CLASSES, pipeline=[])
    assert type(build_domain(dict(type='ConcatDataset', datasets=[part, part]))) is ConcatDataset


def test_mistakes(target):
    with pytest.raises(UserError, match='datasets is empty'):
        DATASETS.build(dict(type='ConcatUnlabeledDataset', datasets=[]))
    target['datasets'][1]['pseudo_labels'] = 'round'
    with pytest.raises(UserError, match=r'datasets\[1\]\.pseudo_labels is set, .*beside datasets'):
        build_domain(target)
    target['datasets'][1]['pseudo_labels'] = None
    target['datasets'][1]['metainfo'] = dict(classes=['car', 'road', 'sky'])
    with pytest.raises(UserError, match=r'datasets\[1\] has the classes .* set metainfo beside datasets'):
        build_domain(target)
