import numpy as np
import pytest
from mmseg.registry import TRANSFORMS

from mmseg_uda.datasets import DomainPairDataset
from mmseg_uda.datasets.label_check import check_label
from mmseg_uda.errors import UserError

from .folders import pattern, write_ids, write_image

LOAD = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations'), dict(type='PackSegInputs')]


def packed(label, image=(16, 32)):
    results = dict(
        img=np.zeros((*image, 3), np.uint8),
        gt_seg_map=label,
        img_path='x.png',
        seg_map_path='labels/x.png',
        seg_fields=[],
    )
    return TRANSFORMS.build(dict(type='PackSegInputs')).transform(results)


def test_classes_and_ignored_pixels_pass():
    check_label(packed(pattern([0, 1, 255])), 2)
    check_label(packed(pattern([0, 1, 7])), 2, ignored=7)


def test_without_a_label():
    sample = packed(pattern([0]))
    del sample['data_samples'].gt_sem_seg
    check_label(sample, 2)


@pytest.mark.parametrize(
    ('label', 'said'),
    [
        (
            pattern([0, 2, 255, 90]),
            r'^labels/x\.png: label ids \[2, 90\] are no class: there are 2, with the ids 0 to 1',
        ),
        (pattern([0], (8, 16)), r'^labels/x\.png: the label has the shape \(1, 8, 16\).*expected \(1, 16, 32\)'),
        (np.zeros((16, 32, 3)), r'^labels/x\.png: the label has the shape \(16, 32, 3\)'),
    ],
)
@pytest.mark.filterwarnings('ignore:Please pay attention')
def test_what_does_not_fit_names_the_file(label, said):
    with pytest.raises(UserError, match=said):
        check_label(packed(label), 2)


@pytest.mark.parametrize('kind', ['FolderDataset', 'BaseSegDataset'])
def test_every_source_is_checked_in_training(kind, tmp_path):
    """MMSeg's own classes and loaders too."""
    write_image(tmp_path / 'images/a.png')
    write_ids(tmp_path / 'labels/a.png', pattern([0, 1, 26]))
    source = dict(
        type=kind,
        data_root=str(tmp_path),
        data_prefix=dict(img_path='images', seg_map_path='labels'),
        img_suffix='.png',
        metainfo=dict(classes=['road', 'car']),
        pipeline=LOAD,
    )
    with pytest.raises(UserError, match=r'labels/a\.png: label ids \[26\] are no class'):
        DomainPairDataset(source)[0, None, 0]


def test_pseudo_labels_of_a_model_with_more_classes(tmp_path):
    write_image(tmp_path / 'images/a.jpg')
    write_ids(tmp_path / 'round/labels/a.png', pattern([0, 18]))
    target = dict(
        type='UnlabeledDataset',
        data_root=str(tmp_path / 'images'),
        pseudo_labels=str(tmp_path / 'round'),
        metainfo=dict(classes=['road', 'car']),
        pipeline=[LOAD[0], dict(type='LoadPseudoLabels'), LOAD[2]],
    )
    with pytest.raises(UserError, match=r'pseudo label of .*images/a\.jpg: label ids \[18\] are no class'):
        DomainPairDataset(None, target)[None, 0, 0]
