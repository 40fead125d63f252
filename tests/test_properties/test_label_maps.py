"""Any 8-bit label through any table of ids."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mmseg_uda.datasets import label_maps
from mmseg_uda.datasets.class_subsets import CITYSCAPES_19
from mmseg_uda.datasets.label_maps import CITYSCAPES_LABEL_IDS, map_ids
from mmseg_uda.errors import UserError
from mmseg_uda.evaluation.servers import LABEL_IDS, id_table
from mmseg_uda.visualization.painting import colour_labels

TABLES = {name: table for name, table in vars(label_maps).items() if name.endswith('_LABEL_IDS')}
TABLES['train ids'] = {i: i for i in [*range(19), 255]}

EVERY_ID = np.arange(256, dtype=np.uint8).reshape(16, 16)

some_ids = st.integers(0, 9) | st.integers(0, 255)
ids = hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=6), elements=some_ids, fill=some_ids)
tables = st.dictionaries(some_ids, st.integers(0, 18) | st.just(255), max_size=30)


@given(table=tables)
def test_ids_outside_of_the_table_are_ignored(table):
    mapped = map_ids(EVERY_ID, table, unknown='ignore')
    assert mapped.dtype == np.uint8
    assert mapped.ravel().tolist() == [table.get(i, 255) for i in range(256)]


@given(raw=ids, table=tables)
def test_ids_outside_of_the_table_are_named(raw, table):
    strangers = sorted({int(i) for i in raw.flat} - set(table))
    if strangers:
        with pytest.raises(UserError) as found:
            map_ids(raw, table)
        assert str(strangers) in str(found.value)
    else:
        np.testing.assert_array_equal(map_ids(raw, table), map_ids(raw, table, unknown='ignore'))


@pytest.mark.parametrize('name', TABLES)
def test_train_ids_map_to_themselves(name):
    once = map_ids(EVERY_ID, TABLES[name], unknown='ignore')
    assert set(np.unique(once)) <= {*range(19), 255}
    np.testing.assert_array_equal(map_ids(once, TABLES['train ids']), once)


@given(predicted=hnp.arrays(np.uint8, (3, 4), elements=st.integers(0, 18)))
def test_a_servers_ids_map_back(predicted):
    sent = id_table(CITYSCAPES_19, LABEL_IDS)[predicted]
    np.testing.assert_array_equal(map_ids(sent, CITYSCAPES_LABEL_IDS), predicted)


@given(label=ids, palette=hnp.arrays(np.uint8, st.tuples(st.integers(1, 256), st.just(3))))
def test_each_class_has_its_color_and_the_rest_is_black(label, palette):
    painted = colour_labels(label, palette)
    assert painted.shape == (*label.shape, 3)
    for place, c in np.ndenumerate(label):
        assert painted[place].tolist() == (palette[c].tolist() if c < len(palette) else [0, 0, 0])
