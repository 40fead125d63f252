"""The mean of two models' logits at test."""

import pytest
import torch
from mmengine.config import Config
from mmseg.registry import MODELS

from mmseg_uda.errors import UserError
from tests.test_engine.nets import ADVERSARY, build_segmentor, domain_batch, pair_batch, segmentor_config


@pytest.fixture
def ensemble(tmp_path):
    """Two networks of other weights, and an ensemble of the first's config with the second's files."""

    def build(**changes):
        other = build_segmentor(seed=1)
        torch.save(dict(state_dict=other.state_dict()), tmp_path / 'other.pth')
        cfg = segmentor_config()
        cfg.decode_head.update(changes)
        Config(dict(model=cfg)).dump(tmp_path / 'other.py')
        files = dict(other_config=str(tmp_path / 'other.py'), other_checkpoint=str(tmp_path / 'other.pth'))
        return MODELS.build(dict(segmentor_config(adversary=ADVERSARY), type='LogitEnsemble', **files)), other

    return build


def logits(model, batch):
    with torch.no_grad():
        return [sample.seg_logits.data for sample in model.eval().test_step(batch)]


def test_predicts_the_mean_of_both_logits(ensemble):
    both, other = ensemble()
    first = build_segmentor(seed=0, adversary=ADVERSARY)
    assert both.state_dict().keys() == first.state_dict().keys()
    both.load_state_dict(first.state_dict())
    batch = domain_batch(torch.Generator().manual_seed(0), (32, 64))
    for mean, one, two in zip(*(logits(model, batch) for model in (both, first, other)), strict=True):
        assert not torch.allclose(one, two, atol=1e-3)
        torch.testing.assert_close(mean, (one + two) / 2)


def test_unfit_models_are_refused(ensemble):
    with pytest.raises(UserError, match='predicts 7 classes'):
        ensemble(num_classes=7)
    with pytest.raises(UserError, match='does not fit'):
        ensemble(channels=8)


def test_is_not_trained(ensemble):
    both, _ = ensemble()
    with pytest.raises(UserError, match='for testing'):
        both(**both.data_preprocessor(pair_batch(0), True), mode='loss')
