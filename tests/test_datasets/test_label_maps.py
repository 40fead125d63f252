"""The tables against Cityscapes' own definitions."""

import numpy as np
import pytest
from cityscapesscripts.helpers.labels import labels as cityscapes_labels

from mmseg_uda.datasets.class_subsets import (
    CITYSCAPES_19,
    SYNTHIA_13,
    SYNTHIA_16,
    resolve_classes,
)
from mmseg_uda.datasets.label_maps import (
    CITYSCAPES_LABEL_IDS,
    GTA_LABEL_IDS,
    SYNTHIA_LABEL_IDS,
    map_ids,
)
from mmseg_uda.errors import UserError

# the class list that ships with SYNTHIA-RAND-CITYSCAPES
SYNTHIA_NAMES = (
    'void sky building road sidewalk fence vegetation pole car traffic-sign pedestrian bicycle '
    'motorcycle parking-slot road-work traffic-light terrain rider truck bus train wall lanemarking'
)


def test_cityscapes_table_is_the_official_one():
    official = {label.id % 256: label.trainId for label in cityscapes_labels}
    official = {i: 255 if train_id < 0 else train_id for i, train_id in official.items()}
    assert official == CITYSCAPES_LABEL_IDS


def test_gta_table_is_cityscapes_with_the_licence_plate_at_34():
    official = {label.id: label.trainId for label in cityscapes_labels if label.id >= 0}
    assert {**official, 34: 255} == GTA_LABEL_IDS


def test_synthia_table_matches_the_class_names():
    renamed = {'pedestrian': 'person', 'traffic-sign': 'traffic sign'}
    renamed['traffic-light'] = 'traffic light'
    expected = {}
    for i, name in enumerate(SYNTHIA_NAMES.split()):
        name = renamed.get(name, name)
        expected[i] = CITYSCAPES_19.index(name) if name in SYNTHIA_16 else 255
    assert expected == SYNTHIA_LABEL_IDS


def test_names_are_the_official_ones():
    evaluated = sorted((x.trainId, x.name) for x in cityscapes_labels if 0 <= x.trainId < 19)
    assert tuple(name for _, name in evaluated) == CITYSCAPES_19


def test_subsets():
    assert (len(SYNTHIA_16), len(SYNTHIA_13)) == (16, 13)
    assert set(SYNTHIA_16) - set(SYNTHIA_13) == {'wall', 'fence', 'pole'}
    assert resolve_classes('SYNTHIA_13') == list(SYNTHIA_13)
    with pytest.raises(UserError, match='SYNTHIA_13'):
        resolve_classes('SYNTHIA_12')
    with pytest.raises(UserError, match='twice'):
        resolve_classes(['road', 'road'])


def test_map_ids():
    raw = np.array([[7, 300], [7, 0]], np.uint16)
    assert map_ids(raw, {7: 3, 300: 1, 0: 255}).tolist() == [[3, 1], [3, 255]]
    with pytest.raises(UserError, match=r'unknown label ids \[0, 300\]'):
        map_ids(raw, {7: 3})
    assert map_ids(raw, {7: 3}, unknown='ignore').tolist() == [[3, 255], [3, 255]]
    with pytest.raises(UserError, match='from -1 to -1, expected 0 to 65535'):
        map_ids(np.array([[-1]]), {7: 3}, unknown='ignore')
