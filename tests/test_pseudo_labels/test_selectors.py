import numpy as np
import pytest
import torch
from mmseg.registry import TASK_UTILS

from mmseg_uda.pseudo_labels import BDLSelector, ConfidenceHistogram, DASTSelector, TopPortionSelector

from . import sorting

BIN = 2.0**-20


@pytest.fixture(scope='module')
def prob():
    """Six maps of 7 classes, one never predicted, many pixels close together."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(6, 7, 60, 80, generator=generator) * 2
    logits[:, 4] -= 30
    return logits.softmax(1)


def run(selector, prob):
    histogram = ConfidenceHistogram(prob.shape[1], selector.stride)
    for image in prob.split(2):
        confidence, label = image.max(1)
        histogram.update(label, confidence)
    thresholds = selector.thresholds(histogram)
    return thresholds, selector.label(prob, thresholds).numpy()


def compare(actual, expected, prob, near=sorting.near):
    thresholds, label = actual
    wanted_thresholds, wanted = expected
    np.testing.assert_allclose(thresholds, wanted_thresholds, rtol=0, atol=BIN)
    close = near(prob.numpy(), wanted_thresholds)
    assert close.mean() < 0.01  # else the next line says nothing
    assert not ((label != wanted) & ~close).any()
    # Ties are kept, so what the sorting rule labels is never ignored.
    assert not ((label == 255) & (wanted != 255)).any()


@pytest.mark.parametrize('stride', [1, 4])
@pytest.mark.parametrize('portion', [0.0, 0.1, 0.5, 1.0])
def test_dast(prob, portion, stride):
    actual = run(DASTSelector(portion, 0.9, stride), prob)
    compare(actual, sorting.dast(prob.numpy(), portion, 0.9, stride), prob, sorting.near_weighted)
    assert actual[0][4] == 1  # never predicted


@pytest.mark.parametrize('portion', [0.0, 0.5, 0.66, 1.0])
def test_bdl(prob, portion):
    actual = run(BDLSelector(portion), prob)
    compare(actual, sorting.bdl(prob.numpy(), portion, 0.9), prob)
    assert actual[0][4] == 0


def test_top_portion_of_the_dataset(prob):
    actual = run(TopPortionSelector(0.3), prob)
    threshold, label = sorting.top_portion(prob.numpy(), 0.3)
    compare(actual, (np.full(7, threshold), label), prob)


def test_top_portion_of_each_image(prob):
    thresholds, label = run(TopPortionSelector(0.3, per='image'), prob)
    assert np.isnan(thresholds).all()
    assert ((label != 255).sum((1, 2)) == np.floor(0.3 * 60 * 80)).all()


@pytest.mark.parametrize('per', ['dataset', 'image'])
def test_top_portion_of_nothing(prob, per):
    assert (run(TopPortionSelector(0.0, per), prob)[1] == 255).all()


def test_dast_without_cap_is_the_rule_of_cbst(prob):
    sure = prob**8 / (prob**8).sum(1, keepdim=True)
    assert run(DASTSelector(0.1), sure)[0].max() == 1  # the absent class
    assert np.delete(run(DASTSelector(0.1), sure)[0], 4).max() == np.float32(0.9)
    assert np.delete(run(DASTSelector(0.1, cap=None), sure)[0], 4).max() > 0.95


def test_a_probability_equal_to_its_threshold_is_kept():
    prob = torch.tensor([0.9, 0.1]).view(1, 2, 1, 1)
    for selector in (DASTSelector(1.0, cap=None, stride=1), BDLSelector(cap=1.0), TopPortionSelector(1.0)):
        assert run(selector, prob)[1].item() == 0


def test_order_of_dast_and_bdl():
    assert DASTSelector().order == 'logits_first'
    assert BDLSelector().order == 'probs_first'


@pytest.mark.parametrize(
    ('cfg', 'message'),
    [
        (dict(type='DASTSelector', portion=50), r'portion must be in \[0, 1\]'),
        (dict(type='BDLSelector', order='softmax_first'), 'order must be one of'),
        (dict(type='BDLSelector', stride=0), 'stride must be at least 1'),
        (dict(type='TopPortionSelector', per='batch'), "per must be 'dataset' or 'image'"),
    ],
)
def test_wrong_configs(cfg, message):
    with pytest.raises(ValueError, match=message):
        TASK_UTILS.build(cfg)
