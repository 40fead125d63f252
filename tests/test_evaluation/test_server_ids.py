import numpy as np
import pytest
from cityscapesscripts.helpers.labels import name2label

from mmseg_uda.datasets.class_subsets import CITYSCAPES_19, SYNTHIA_13, SYNTHIA_16
from mmseg_uda.evaluation.server_ids import server_id_table


@pytest.mark.parametrize('classes', [CITYSCAPES_19, SYNTHIA_16, SYNTHIA_13, ('car', 'road')])
def test_ids_are_the_ones_of_cityscapesscripts(classes):
    table = server_id_table(classes)
    assert table.dtype == np.uint8 and table.shape == (256,)
    assert table[: len(classes)].tolist() == [name2label[name].id for name in classes]
    assert set(table[len(classes) :].tolist()) == {name2label['unlabeled'].id}


def test_foreign_classes_are_named():
    with pytest.raises(ValueError, match='no label id for unicorn'):
        server_id_table(['road', 'unicorn'])
