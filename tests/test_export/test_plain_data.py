"""Which test data plain MMSeg reads, and how."""

import pytest
from mmengine.config import Config
from mmseg.registry import DATASETS
from PIL import Image

import mmseg_uda.engine  # noqa: F401, registers what configs name
from mmseg_uda.export import plain_config, unscored_because
from tests.conftest import ROOT

CLASSES = ['lane', 'kerb']
FOLDER = dict(
    type='FolderDataset',
    data_root='nowhere',
    metainfo=dict(classes=CLASSES),
    pipeline=[dict(type='LoadImageFromFile'), dict(type='LoadMappedAnnotations'), dict(type='PackSegInputs')],
)


def config(name: str = 'adaptseg/adaptseg_mini_gta2cs.py', dataset: dict | None = None) -> Config:
    cfg = Config.fromfile(ROOT / 'configs' / name)
    if dataset is not None:
        cfg.test_dataloader.dataset = dataset
    return cfg


def steps(pipeline: list[dict]) -> list[str]:
    return [step['type'] for step in pipeline]


def test_folders_of_train_ids_are_a_plain_data_set():
    plain = plain_config(config(dataset=dict(FOLDER, img_suffix='.jpg', ann_file='val.txt')))
    dataset = plain.test_dataloader.dataset
    assert dataset.type == 'BaseSegDataset' and dataset.metainfo.classes == CLASSES
    assert len(dataset.metainfo.palette) == 2
    assert dataset.data_prefix == dict(img_path='images', seg_map_path='labels')
    assert (dataset.img_suffix, dataset.seg_map_suffix, dataset.ann_file) == ('.jpg', '.png', 'val.txt')
    assert steps(dataset.pipeline) == ['LoadImageFromFile', 'LoadAnnotations', 'PackSegInputs']
    assert plain.test_evaluator == dict(type='IoUMetric', iou_metrics=['mIoU'])
    assert 'mmseg_uda' not in plain.pretty_text


@pytest.mark.parametrize(
    ('change', 'reason'),
    [
        (dict(class_map={7: 0}), 'class_map'),
        (dict(leave_out=3), 'leave_out'),
        (dict(only='fog/*'), 'only'),
        (dict(type='UnlabeledDataset', pipeline=[FOLDER['pipeline'][0], dict(type='PackDomainInputs')]), 'no labels'),
    ],
)
def test_labels_that_mmseg_cannot_read_are_left_out(change, reason):
    cfg = config(dataset=FOLDER | change)
    assert reason in unscored_because(cfg)
    plain = plain_config(cfg)
    dataset = plain.test_dataloader.dataset
    assert dataset.type == 'BaseSegDataset' and 'seg_map_path' not in dataset.data_prefix
    assert steps(dataset.pipeline) == steps(plain.test_pipeline) == ['LoadImageFromFile', 'PackSegInputs']
    assert plain.test_evaluator.format_only and 'mmseg_uda' not in plain.pretty_text


def test_one_data_set_that_is_not_scored_leaves_all_unscored():
    both = dict(type='ConcatDataset', datasets=[FOLDER, FOLDER | dict(class_map={7: 0})])
    plain = plain_config(config(dataset=both))
    assert plain.test_evaluator.format_only
    assert [part.type for part in plain.test_dataloader.dataset.datasets] == ['BaseSegDataset'] * 2


def test_names_end_as_the_files_do(tmp_path):
    for folder, name in (('images', 'a.PNG'), ('labels', 'a.png')):
        (tmp_path / folder).mkdir()
        Image.new('L', (4, 4)).save(tmp_path / folder / name)
    cfg = config(dataset=FOLDER | dict(data_root=str(tmp_path), img_suffix='.PNG'))
    dataset = DATASETS.build(plain_config(cfg).test_dataloader.dataset)
    assert [dataset[i]['data_samples'].img_path for i in range(len(dataset))] == [str(tmp_path / 'images' / 'a.PNG')]


@pytest.mark.parametrize('folders', [1, 2])
def test_without_test_data_the_first_target_folder_is_predicted(folders):
    """That is configs/own_data.py as it stands."""
    cfg = config('own_data.py')
    target = cfg.train_dataloader.dataset.target
    cfg.test_pipeline = None
    if folders == 2:
        cfg.train_dataloader.dataset.target = dict(type='ConcatDataset', datasets=[target, target])
    plain = plain_config(cfg)
    dataset = plain.test_dataloader.dataset
    assert dataset.type == 'BaseSegDataset' and dataset.metainfo.classes == ['sky', 'road', 'vehicle']
    assert dataset.data_prefix == dict(img_path=target.data_prefix.img_path) and dataset.data_root == target.data_root
    assert steps(plain.test_pipeline) == steps(dataset.pipeline) == ['LoadImageFromFile', 'Resize', 'PackSegInputs']
    assert plain.test_evaluator.format_only and plain.test_cfg.type == 'TestLoop'
    assert 'mmseg_uda' not in plain.pretty_text


def test_subsets_of_classes_are_spelled_out():
    cfg = config()
    cfg.test_dataloader.dataset.metainfo = dict(classes='SYNTHIA_16')
    dataset = plain_config(cfg).test_dataloader.dataset
    assert dataset.type == 'CityscapesDataset'
    assert len(dataset.metainfo.classes) == 16 and 'terrain' not in dataset.metainfo.classes


def test_labels_are_loaded_last_also_where_this_package_scores_them_small():
    plain = plain_config(config('maxsquare/maxsquare_r101_gta2cs.py'))
    assert steps(plain.test_pipeline) == ['LoadImageFromFile', 'Resize', 'LoadAnnotations', 'PackSegInputs']


def test_augmentation_at_test_stays():
    load, augmented = plain_config(config()).tta_pipeline
    assert load.type == 'LoadImageFromFile'
    kinds = [{step.type for step in views} for views in augmented.transforms]
    assert kinds == [{'Resize'}, {'RandomFlip'}, {'LoadAnnotations'}, {'PackSegInputs'}]
