"""Which checkpoints are refused."""

import pytest
import torch

from mmseg_uda.errors import UserError
from mmseg_uda.models.checkpoints import check_fits
from tests.test_engine.nets import ADVERSARY, ATTENTION, build_segmentor


@pytest.fixture
def source_only(tmp_path) -> str:
    torch.save(dict(state_dict=build_segmentor().state_dict()), tmp_path / 'source.pth')
    return str(tmp_path / 'source.pth')


def test_idle_adaptations_may_be_missing(source_only):
    check_fits(build_segmentor(adversary=ADVERSARY), source_only)


def test_adaptations_that_predictions_depend_on_may_not(source_only):
    with pytest.raises(UserError, match=r'such as adaptations\.attention\.discriminator'):
        check_fits(build_segmentor(attention=ATTENTION), source_only)


def test_another_network_is_refused(source_only):
    with pytest.raises(UserError, match='such as backbone'):
        check_fits(build_segmentor(norm='GN'), source_only)
