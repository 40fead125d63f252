"""The dataset configs against folders in the real formats."""

from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config
from mmengine.runner import Runner
from mmseg.registry import DATASETS, METRICS

import mmseg_uda.evaluation  # noqa: F401  registers the metric
from mmseg_uda.datasets import SYNTHIA_13, SYNTHIA_16
from mmseg_uda.datasets.conversion import convert

from .folders import make_cityscapes, make_gta, make_synthia, write_ids, write_image

REPO = Path(__file__).parents[2]
CONFIGS = REPO / 'configs' / '_base_' / 'datasets'
FILES = dict(
    gta2cs='_base_/datasets/gta2cs',
    syn2cs='adaptseg/adaptseg_r101_syn2cs',
    mini_gta2cs='_base_/datasets/mini_gta2cs',
    mini_syn2cs='source_only/control_mini_syn2cs',
    gta2cs_fda='maxcos/maxcos_fda_r101_gta2cs',
    syn2cs_fda='maxcos/maxcos_fda_r101_syn2cs',
    mini_gta2cs_fda='maxcos/maxcos_fda_mini_gta2cs',
)
SIZES = dict(  # (height, width) of source and target at the network, batch size
    gta2cs=((720, 1280), (512, 1024), 1),
    syn2cs=((760, 1280), (512, 1024), 1),
    mini_gta2cs=((128, 256), (128, 256), 4),
    mini_syn2cs=((128, 256), (128, 256), 4),
    gta2cs_fda=((720, 1280), (512, 1024), 1),
    syn2cs_fda=((760, 1280), (512, 1024), 1),
    mini_gta2cs_fda=((128, 256), (128, 256), 4),
)


@pytest.fixture(scope='module')
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp('data')
    names = ('1', '2', '3', '4')
    convert('gta', make_gta(root / 'gta', names), workers=1)
    convert('synthia', make_synthia(root / 'synthia', names), workers=1)
    convert('cityscapes', make_cityscapes(root / 'cityscapes', ('train', 'val', 'test')), workers=1)
    return root


def load(name, root):
    config = Config.fromfile(REPO / 'configs' / f'{FILES[name]}.py')
    source = config.train_dataloader.dataset.source
    config.merge_from_dict(
        {
            'train_dataloader.dataset.source.data_root': str(root / Path(source.data_root).name),
            'train_dataloader.dataset.target.data_root': str(root / 'cityscapes'),
            'val_dataloader.dataset.data_root': str(root / 'cityscapes'),
            'test_dataloader.dataset.data_root': str(root / 'cityscapes'),
        }
    )
    for step in config.train_dataloader.dataset.source.pipeline:
        if step.type == 'FourierStyleTransfer':
            step.img_dir = str(root / 'cityscapes' / Path(*Path(step.img_dir).parts[-2:]))
    return config


@pytest.mark.parametrize('name', SIZES)
def test_training_batches(name, root):
    source_size, target_size, batch_size = SIZES[name]
    loader = dict(load(name, root).train_dataloader, num_workers=0, persistent_workers=False)
    batch = next(iter(Runner.build_dataloader(loader, seed=0)))
    for domain, size in (('source', source_size), ('target', target_size)):
        assert [tuple(x.shape) for x in batch[domain]['inputs']] == [(3, *size)] * batch_size
    labels = [sample.gt_sem_seg.data for sample in batch['source']['data_samples']]
    assert [tuple(label.shape) for label in labels] == [(1, *source_size)] * batch_size
    assert not any('gt_sem_seg' in sample for sample in batch['target']['data_samples'])


@pytest.mark.parametrize('name', SIZES)
@pytest.mark.parametrize('split', ['val', 'test'])
def test_evaluation_samples(name, split, root):
    config = load(name, root)
    dataset = DATASETS.build(config[f'{split}_dataloader'].dataset)
    sample = dataset[0]
    assert tuple(sample['inputs'].shape[1:]) == SIZES[name][1]
    assert tuple(sample['data_samples'].gt_sem_seg.shape) == (16, 32)  # the labels' own size
    assert sample['data_samples'].metainfo['ori_shape'] == (16, 32)
    expected = 'test' if name.startswith('mini') and split == 'test' else 'val'
    assert f'/{expected}/' in sample['data_samples'].metainfo['img_path']
    metric = METRICS.build(config[f'{split}_evaluator'])
    metric.dataset_meta = dataset.metainfo
    subsets = dict(mIoU16=list(SYNTHIA_16), mIoU13=list(SYNTHIA_13)) if 'syn' in name else {}
    assert metric.subsets == subsets and metric.outside == 'count'


@pytest.mark.parametrize('name', ['gta2cs', 'mini_gta2cs'])
def test_test_time_augmentation(name, root):
    config = load(name, root)
    config.test_dataloader.dataset.pipeline = config.tta_pipeline
    sample = DATASETS.build(config.test_dataloader.dataset)[0]
    assert len(sample['inputs']) == 2 * len({tuple(x.shape) for x in sample['inputs']})
    assert {s.metainfo['flip'] for s in sample['data_samples']} == {True, False}
    assert (3, *SIZES[name][1]) in {tuple(x.shape) for x in sample['inputs']}


@pytest.mark.parametrize(('name', 'crop'), [('gta2cs', (384, 768)), ('mini_syn2cs', (96, 192))])
def test_multi_scale_batches_of_target_images_alone(name, crop, root, tmp_path):
    """Scales are mixed in a batch, crops have one size, and labels and confidences follow the image."""
    config = load(name, root)
    height, width = SIZES[name][1]
    right_half = np.arange(width)[None].repeat(height, 0) >= width // 2
    images = root / 'cityscapes' / 'leftImg8bit' / 'train'
    for image in images.rglob('*.png'):
        mirror = tmp_path / 'leftImg8bit' / 'train' / image.relative_to(images)
        write_ids(mirror, np.uint8(200) * right_half)
        for kind, values in (('labels', right_half), ('confidence', np.uint8(90) + right_half)):
            write_ids(tmp_path / 'round' / kind / image.relative_to(images), values.astype(np.uint8))
    target = config.train_dataloader.dataset.target
    target.update(data_root=str(tmp_path), pseudo_labels=str(tmp_path / 'round'), pipeline=config.multi_scale_pipeline)
    config.train_dataloader.dataset.source = None
    loader = dict(config.train_dataloader, batch_size=12, num_workers=0, persistent_workers=False)
    batch = next(iter(Runner.build_dataloader(loader, seed=0)))
    assert list(batch) == ['target']
    scales = set()
    for image, sample in zip(batch['target']['inputs'], batch['target']['data_samples'], strict=True):
        label, confidence = sample.gt_sem_seg.data[0], sample.pseudo_confidence.data[0]
        assert image.shape[1:] == label.shape == confidence.shape == crop
        assert ((image[0] > 100) == label).float().mean() > 0.99  # interpolation at the edge
        assert ((confidence - 90) == label).all()
        scales.add(sample.metainfo['scale_factor'][0])
    assert len(scales) > 2


def test_validation_on_styled_source_images(root):
    """DAST's rule for snapshots: source images that training leaves out, in looks that stay."""
    fda_val = Config.fromfile(CONFIGS / 'gta_fda_val.py').fda_val
    training = DATASETS.build(dict(load('gta2cs', root).train_dataloader.dataset.source, leave_out=2))
    fda_val.dataloader.dataset.pop('_delete_')
    for dataset in fda_val.dataloader.dataset.datasets:
        dataset.update(data_root=str(root / 'gta'), leave_out=2)
        dataset.pipeline[2].img_dir = str(root / 'cityscapes/leftImg8bit/train')
    held_out = DATASETS.build(fda_val.dataloader.dataset)
    samples = [held_out[i] for i in range(len(held_out))]
    names = [Path(sample['data_samples'].metainfo['img_path']).stem for sample in samples]
    trained_on = [Path(training.get_data_info(i)['img_path']).stem for i in range(len(training))]
    assert names[:2] == names[2:] and sorted(names[:2] + trained_on) == ['1', '2', '3', '4']
    assert [sample['data_samples'].fourier_beta for sample in samples] == [0.05, 0.05, 0.09, 0.09]
    assert not np.array_equal(samples[0]['inputs'], samples[2]['inputs'])  # two strengths
    assert all(np.array_equal(held_out[i]['inputs'], sample['inputs']) for i, sample in enumerate(samples))
    assert {tuple(sample['data_samples'].gt_sem_seg.shape) for sample in samples} == {(16, 32)}
    assert len(held_out.metainfo['classes']) == 19


def test_own_data(tmp_path, monkeypatch):
    """The config to copy, with images of every suffix."""
    config = Config.fromfile(REPO / 'configs/own_data.py')
    loader = config.train_dataloader
    source, target = loader.dataset.source, loader.dataset.target
    for i, ids in enumerate(([[0, 7]], [[26, 7]])):
        write_image(tmp_path / source.data_root / f'images/{i}.{("JPG", "png")[i]}', size=(2, 1))
        write_ids(tmp_path / source.data_root / f'labels/{i}.png', np.array(ids))
        write_image(tmp_path / target.data_root / f'a b/{i}.{("jpeg", "JPG")[i]}', size=(4, 2))
    monkeypatch.chdir(tmp_path)
    loader.update(num_workers=0, persistent_workers=False, batch_size=2)
    batch = next(iter(Runner.build_dataloader(loader, seed=0)))
    assert {tuple(image.shape) for image in batch['target']['inputs']} == {(3, 128, 256)}
    labels = [sample.gt_sem_seg.data[0][0, [0, -1]].tolist() for sample in batch['source']['data_samples']]
    assert sorted(labels) == [[0, 1], [2, 1]]


@pytest.mark.parametrize('path', sorted(CONFIGS.glob('*.py')), ids=lambda path: path.stem)
def test_survives_dump_and_reload(path, tmp_path):
    config = Config.fromfile(path)
    config.dump(tmp_path / 'dumped.py')
    assert Config.fromfile(tmp_path / 'dumped.py').to_dict() == config.to_dict()
