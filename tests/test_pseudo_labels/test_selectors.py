import numpy as np
import pytest
import torch
from mmseg.registry import TASK_UTILS

from mmseg_uda.errors import UserError
from mmseg_uda.pseudo_labels.histogram import ConfidenceHistogram
from mmseg_uda.pseudo_labels.selectors import (
    BDLSelector,
    DASTSelector,
    IASSelector,
    PixIntraDASelector,
    TopPortionSelector,
)

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


@pytest.mark.parametrize('median', ['bdl', 'middle'])
@pytest.mark.parametrize('alpha', [0.5, 0.85, 1.0])
def test_pixintrada(prob, alpha, median):
    selector = PixIntraDASelector(alpha, median)
    thresholds, label = run(selector, prob)
    wanted_thresholds, wanted = sorting.pixintrada(prob.numpy(), alpha, median)
    np.testing.assert_allclose(thresholds, wanted_thresholds, rtol=0, atol=BIN)
    close = sorting.near_any(prob.numpy(), alpha * wanted_thresholds)
    assert close.mean() < 0.01
    assert not ((label != wanted) & ~close).any()
    # Equal is not above, so what the sorting rule calls hard is never labelled.
    assert not ((label != 255) & (wanted == 255)).any()
    assert thresholds[4] == 0.9  # never predicted


def test_pixintrada_labels_the_best_class_that_passes():
    prob = torch.tensor([0.5, 0.3, 0.2]).view(1, 3, 1, 1)
    selector = PixIntraDASelector(alpha=0.5)
    assert selector.label(prob, np.array([0.9, 0.9, 0.9])).item() == 0
    assert selector.label(prob, np.array([1.1, 0.5, 0.3])).item() == 1  # class 2 passes too
    assert selector.label(prob, np.array([1.1, 0.7, 0.5])).item() == 255


def test_pixintrada_is_strict():
    """One pixel a class: its own median, so nothing is above it."""
    prob = torch.tensor([[0.75, 0.25], [0.25, 0.75]]).view(1, 2, 1, 2)
    assert (run(PixIntraDASelector(1.0, cap=1.0), prob)[1] == 255).all()
    assert run(PixIntraDASelector(0.99, cap=1.0), prob)[1].flatten().tolist() == [0, 1]
    impossible = torch.tensor([0.5, 0.5, 0.0]).view(1, 3, 1, 1)
    assert PixIntraDASelector().label(impossible, np.array([0.9, 0.9, 0.0])).item() == 255


def in_order(selector, prob):
    """Thresholds [N,C] and labels of a selector that goes from image to image."""
    confidence, label = prob.max(1)
    start = selector.thresholds(ConfidenceHistogram(prob.shape[1]))
    predictions = zip(label.to(torch.uint8).numpy(), confidence.numpy(), strict=True)
    thresholds = selector.image_thresholds(start, predictions)
    labels = [selector.label(one[None], row)[0] for one, row in zip(prob, thresholds, strict=True)]
    return thresholds, torch.stack(labels).numpy()


@pytest.mark.parametrize('rounding', [True, False])
@pytest.mark.parametrize(('alpha', 'beta', 'gamma'), [(0.2, 0.9, 8.0), (0.5, 0.5, 1.0), (1.0, 0.0, 0.0)])
def test_ias(prob, alpha, beta, gamma, rounding):
    thresholds, label = in_order(IASSelector(alpha, beta, gamma, rounding=rounding), prob)
    wanted_thresholds, wanted = sorting.ias(prob.numpy(), alpha, beta, gamma, rounding)
    np.testing.assert_array_equal(thresholds, wanted_thresholds)
    np.testing.assert_array_equal(label, wanted)
    np.testing.assert_allclose(thresholds[:, 4], 0.9, atol=1e-6)  # never predicted


def test_ias_depends_on_the_order(prob):
    selector = IASSelector()
    there, back = in_order(selector, prob)[0], in_order(selector, prob.flip(0))[0]
    assert np.abs(there - back[::-1]).max() > 1e-3


def test_ias_never_reaches_one():
    prob = torch.tensor([1.0, 0.0]).view(1, 2, 1, 1).expand(3, 2, 4, 4)
    thresholds, label = in_order(IASSelector(alpha=0.5, beta=0.0, gamma=0.0), prob)
    assert (thresholds[:, 0] == 0.999).all() and (label == 0).all()


def test_thresholds_of_other_selectors_hold_for_all_images():
    thresholds = np.array([0.5, 0.7])
    assert BDLSelector().image_thresholds(thresholds, iter(())) is thresholds


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
        (dict(type='PixIntraDASelector', alpha=85), r'alpha must be in \[0, 1\]'),
        (dict(type='PixIntraDASelector', median='all'), 'median must be one of'),
        (dict(type='IASSelector', beta=1.5), r'beta must be in \[0, 1\]'),
        (dict(type='IASSelector', gamma=-1), 'gamma must not be negative'),
        (dict(type='BDLSelector', order='softmax_first'), 'order must be one of'),
        (dict(type='BDLSelector', stride=0), 'stride must be at least 1'),
        (dict(type='TopPortionSelector', per='batch'), "per must be one of 'dataset', 'image'"),
    ],
)
def test_wrong_configs(cfg, message):
    with pytest.raises(UserError, match=message):
        TASK_UTILS.build(cfg)
