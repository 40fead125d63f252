"""Which checkpoints are refused."""

import pytest
import torch
from torch import nn

from mmseg_uda.errors import UserError
from mmseg_uda.models.checkpoints import check_fits, check_some_fit
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


def test_weights_saved_inside_ddp_fit(source_only, tmp_path):
    """MMEngine loads them without their prefix."""
    saved = {f'module.{key}': value for key, value in torch.load(source_only)['state_dict'].items()}
    torch.save(dict(state_dict=saved), tmp_path / 'ddp.pth')
    check_some_fit(build_segmentor(), str(tmp_path / 'ddp.pth'))
    check_fits(build_segmentor(), str(tmp_path / 'ddp.pth'))


def test_networks_without_a_backbone(source_only, tmp_path):
    network = nn.Linear(2, 2)
    with pytest.raises(UserError, match='such as weight'):
        check_some_fit(network, source_only)
    torch.save(dict(state_dict=network.state_dict()), tmp_path / 'linear.pth')
    check_some_fit(network, str(tmp_path / 'linear.pth'))
