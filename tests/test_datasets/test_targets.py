"""Other targets than Cityscapes, from folders in each set's own layout, by the lines of docs/targets.md."""

from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config
from mmseg.datasets import CityscapesDataset, MapillaryDataset_v1
from mmseg.registry import DATASETS

from mmseg_uda.datasets import CITYSCAPES_19, SYNTHIA_16
from mmseg_uda.datasets.conversion import convert
from mmseg_uda.datasets.label_maps import IDD_IDS
from mmseg_uda.engine.checks import check_files
from mmseg_uda.errors import UserError
from tests.conftest import ROOT, run_command

from . import folders

DATA = ROOT / 'configs/_base_/datasets'
SWAP = """
_base_ = ['{data}/gta2cs.py'{bases}]
train_dataloader = dict(dataset=dict(source=None, target=_base_.{target}_target))
val_dataloader = dict(dataset=_base_.{name}_labeled)
test_dataloader = val_dataloader
"""
IDD_NAMES = [*IDD_IDS, 'cargroup']
MAPILLARY_AS_CITYSCAPES = dict(
    road=['Road', 'Lane Marking - General', 'Manhole'],
    sidewalk=['Sidewalk', 'Curb'],
    pole=['Pole', 'Utility Pole'],
    rider=['Bicyclist', 'Motorcyclist', 'Other Rider'],
    train=['On Rails'],
    **{'traffic sign': ['Traffic Sign (Front)']},
)


def idd(root):
    convert('idd', folders.make_idd(root, IDD_NAMES), workers=1)


def mapillary(root):
    convert('mapillary', folders.make_mapillary(root), workers=1)


# What makes the folder, the stems of the target images and of the labelled ones, (height, width) at the network and of
# the labels.
SETS = dict(
    acdc=(
        folders.make_acdc,
        [f'rgb_anon/{c}/train/{s}/{s}_frame_000041_rgb_anon' for c, s in (('fog', 'GOPR0475'), ('night', 'GP010402'))],
        [f'rgb_anon/{c}/val/{s}/{s}_frame_000041_rgb_anon' for c, s in (('fog', 'GOPR0475'), ('night', 'GP010402'))],
        (540, 960),
        (18, 32),
    ),
    dark_zurich=(
        folders.make_dark_zurich,
        ['rgb_anon/train/night/GOPR0351/GOPR0351_frame_000159_rgb_anon'],
        ['rgb_anon/val/night/GOPR0356/GOPR0356_frame_000324_rgb_anon'],
        (540, 960),
        (18, 32),
    ),
    nighttime_driving=(
        folders.make_nighttime_driving,
        None,
        ['leftImg8bit/test/night/0_frame_000016_leftImg8bit'],
        (540, 960),
        (18, 32),
    ),
    bdd100k=(
        folders.make_bdd100k,
        ['images/10k/train/0004a4c0-d4dff0ad'],
        ['images/10k/val/7d2f7975-e0c1c5a7'],
        (720, 1280),
        (18, 32),
    ),
    mapillary=(
        mapillary,
        ['training/images/-1XNbTzZk'],
        ['validation/images/-1XNbTzZk'],
        (768, 1024),
        (24, 33),
    ),
    foggy_cityscapes=(
        folders.make_foggy_cityscapes,
        ['leftImg8bit_foggy/train/ulm/ulm_000001_000019_leftImg8bit_foggy_beta_0.02'],
        ['leftImg8bit_foggy/val/ulm/ulm_000001_000019_leftImg8bit_foggy_beta_0.02'],
        (512, 1024),
        (16, 32),
    ),
    idd=(
        idd,
        ['leftImg8bit/train/201/frame0029_leftImg8bit'],
        ['leftImg8bit/val/201/frame0029_leftImg8bit'],
        (540, 960),
        (27, 48),
    ),
)


def swapped(name: str, root: Path, tmp_path: Path) -> Config:
    """A child of GTA5 -> Cityscapes that reads from ``root``. Nighttime Driving has no target images of its own."""
    target = name if SETS[name][1] is not None else 'dark_zurich'
    bases = ''.join(f", '{DATA}/{base}.py'" for base in sorted({name, target}))
    (tmp_path / 'swapped.py').write_text(SWAP.format(data=DATA, bases=bases, name=name, target=target))
    config = Config.fromfile(tmp_path / 'swapped.py')
    config.train_dataloader.dataset.target.data_root = config.val_dataloader.dataset.data_root = str(root)
    return config


def stems(dataset, root: Path) -> list[str]:
    paths = [Path(dataset.get_data_info(i)['img_path']) for i in range(len(dataset))]
    return [path.relative_to(root).with_suffix('').as_posix() for path in paths]


def labels_of(sample) -> np.ndarray:
    return sample['data_samples'].gt_sem_seg.data[0].numpy()


@pytest.fixture(scope='module')
def roots(tmp_path_factory) -> dict[str, Path]:
    made = {name: tmp_path_factory.mktemp(name) for name in SETS}
    for name, root in made.items():
        SETS[name][0](root)
    return made


@pytest.mark.parametrize('name', [name for name in SETS if SETS[name][1] is not None])
def test_target_images(name, roots, tmp_path):
    dataset = DATASETS.build(swapped(name, roots[name], tmp_path).train_dataloader.dataset)
    assert stems(dataset.target, roots[name]) == SETS[name][1]
    sample = dataset[(None, 0, 0)]['target']
    assert tuple(sample['inputs'].shape) == (3, *SETS[name][3])
    assert 'gt_sem_seg' not in sample['data_samples']
    assert tuple(dataset.metainfo['classes']) == CITYSCAPES_19


@pytest.mark.parametrize('name', SETS)
def test_labelled_images(name, roots, tmp_path):
    dataset = DATASETS.build(swapped(name, roots[name], tmp_path).val_dataloader.dataset)
    assert stems(dataset, roots[name]) == SETS[name][2]
    assert tuple(dataset.metainfo['classes']) == CITYSCAPES_19
    assert dataset.metainfo['palette'] == CityscapesDataset.METAINFO['palette']
    sample = dataset[0]
    assert tuple(sample['inputs'].shape) == (3, *SETS[name][3])
    label = labels_of(sample)
    assert label.shape == SETS[name][4]
    assert sorted(np.unique(label)) == folders.TRAIN_IDS
    if name not in ('idd', 'mapillary'):
        assert (label == folders.pattern(folders.TRAIN_IDS, label.shape)).all()


@pytest.mark.parametrize('name', SETS)
def test_a_missing_folder_is_named_by_its_key(name, roots, tmp_path):
    config = swapped(name, roots[name], tmp_path)
    check_files(Config(dict(model=dict(), val_dataloader=config.val_dataloader.to_dict())))
    config.val_dataloader.dataset.data_root = str(tmp_path / 'nowhere')
    with pytest.raises(UserError, match=r'val_dataloader\.dataset\.data_root: folder .*nowhere does not exist'):
        check_files(Config(dict(model=dict(), val_dataloader=config.val_dataloader.to_dict())))
    with pytest.raises(UserError, match=r"data_root='.*nowhere' is not a folder"):
        DATASETS.build(config.val_dataloader.dataset)
    config.train_dataloader.dataset.target.data_root = str(tmp_path / 'nowhere')
    with pytest.raises(UserError, match=r"train_dataloader\.dataset\.target: UnlabeledDataset: data_root='.*nowhere'"):
        DATASETS.build(config.train_dataloader.dataset)


def test_one_condition_of_acdc(roots, tmp_path):
    config = swapped('acdc', roots['acdc'], tmp_path)
    config.train_dataloader.dataset.target.only = 'night/train/*'
    config.val_dataloader.dataset.only = 'night/val/*'
    target = DATASETS.build(config.train_dataloader.dataset).target
    assert stems(target, roots['acdc']) == SETS['acdc'][1][1:]
    assert stems(DATASETS.build(config.val_dataloader.dataset), roots['acdc']) == SETS['acdc'][2][1:]
    config.val_dataloader.dataset.only = 'mist/val/*'
    with pytest.raises(UserError, match=r"only='mist/val/\*' matches none of the 6 files below .*, such as fog/"):
        DATASETS.build(config.val_dataloader.dataset)


def test_sixteen_classes(roots, tmp_path):
    """A model of SYNTHIA's 16 classes is scored on them: the other three are ignored."""
    for name in ('acdc', 'dark_zurich', 'mapillary', 'idd'):
        dataset = swapped(name, roots[name], tmp_path).val_dataloader.dataset
        full = DATASETS.build(dataset)[0]
        dataset.metainfo = dict(classes='SYNTHIA_16')
        sixteen = DATASETS.build(dataset)
        names = dict(enumerate(CITYSCAPES_19)) | {255: None}
        expected = [SYNTHIA_16.index(names[i]) if names[i] in SYNTHIA_16 else 255 for i in labels_of(full).ravel()]
        assert labels_of(sixteen[0]).ravel().tolist() == expected


def test_test_time_augmentation_keeps_the_shape_of_the_images(roots, tmp_path):
    config = swapped('acdc', roots['acdc'], tmp_path)
    config.val_dataloader.dataset.pipeline = config.tta_pipeline
    sizes = {tuple(x.shape[1:]) for x in DATASETS.build(config.val_dataloader.dataset)[0]['inputs']}
    assert sizes == {(384, 683), (512, 910), (640, 1138), (768, 1365)}


@pytest.mark.parametrize(('name', 'base'), [('acdc', 'cs2acdc'), ('dark_zurich', 'cs2dz')])
def test_cityscapes_as_the_source(name, base, roots, tmp_path):
    config = Config.fromfile(DATA / f'{base}.py')
    convert('cityscapes', folders.make_cityscapes(tmp_path / 'cityscapes'), workers=1)
    dataset = config.train_dataloader.dataset
    dataset.source.data_root, dataset.target.data_root = str(tmp_path / 'cityscapes'), str(roots[name])
    sample = DATASETS.build(dataset)[(1, 0, 0)]
    assert tuple(sample['source']['inputs'].shape) == (3, 512, 1024)
    assert sample['source']['data_samples'].gt_sem_seg.shape == (512, 1024)
    assert tuple(sample['target']['inputs'].shape) == (3, 540, 960)
    assert (
        config.test_dataloader == config.val_dataloader
        and config.test_pipeline == config.val_dataloader.dataset.pipeline
    )


def test_mapillary_ids_by_their_names(roots):
    """Ids are indices of MMSeg's list of names; where Cityscapes has the name, it is that class."""
    names = MapillaryDataset_v1.METAINFO['classes']
    label = folders.read_label(roots['mapillary'] / 'validation/v1.2/labels/-1XNbTzZk_labelTrainIds.png')
    expected = {name: CITYSCAPES_19.index(name.lower()) for name in names if name.lower() in CITYSCAPES_19}
    for target, sources in MAPILLARY_AS_CITYSCAPES.items():
        expected |= dict.fromkeys(sources, CITYSCAPES_19.index(target))
    assert {name: int(i) for name, i in zip(names, label.ravel(), strict=False) if i != 255} == expected


def test_idd_polygons_by_their_labels(roots):
    label = folders.read_label(roots['idd'] / 'gtFine/val/201/frame0029_gtFine_labelTrainIds.png')
    expected = {name: CITYSCAPES_19.index(name) for name in IDD_NAMES if name in CITYSCAPES_19}
    expected |= {'non-drivable fallback': CITYSCAPES_19.index('terrain'), 'cargroup': CITYSCAPES_19.index('car')}
    assert (label == label[:1]).all()
    assert {name: int(i) for name, i in zip(IDD_NAMES, label[0], strict=False) if i != 255} == expected
    assert (label[:, len(IDD_NAMES) :] == 255).all()  # no polygon


def test_converters_as_commands(tmp_path):
    folders.make_idd(tmp_path / 'idd', ['road', 'sky'], suffix='_leftImg8bit.jpg')  # part II
    done = run_command('python', 'tools/dataset_converters/idd.py', tmp_path / 'idd', '--workers', '1')
    assert 'IDD Segmentation: 2 images' in done.stdout
    assert (tmp_path / 'idd/sample_class_stats.json').is_file()
    folders.make_idd(tmp_path / 'idd', ['road', 'palace'])
    done = run_command('python', 'tools/dataset_converters/idd.py', tmp_path / 'idd', check=False)
    assert done.returncode == 1 and "frame0029_gtFine_polygons.json: unknown label 'palace'" in done.stdout
    folders.make_mapillary(tmp_path / 'mapillary')
    done = run_command('python', 'tools/dataset_converters/mapillary.py', tmp_path / 'mapillary', '--workers', '1')
    assert 'Mapillary Vistas: 2 images' in done.stdout
    done = run_command('python', 'tools/dataset_converters/mapillary.py', tmp_path / 'idd', check=False)
    assert done.returncode == 1 and 'has none of the folders training, validation' in done.stdout
