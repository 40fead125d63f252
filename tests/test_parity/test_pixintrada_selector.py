"""PixIntraDA's thresholds, easy pixels and their labels (Eq. 2-4), for every reading of "the median"."""

import numpy as np
import pytest
import torch

from mmseg_uda.pseudo_labels.histogram import ConfidenceHistogram
from mmseg_uda.pseudo_labels.selectors import BDLSelector, PixIntraDASelector

from ..test_pseudo_labels import sorting
from .parity import cases
from .test_dast_pseudo_labels import BIN

ALL = cases('pixintrada.npz')
MEDIANS = dict(bdl='bdl', med='middle')


def histogram_of(prob: np.ndarray) -> ConfidenceHistogram:
    """Confidences of the pixels predicted as each class."""
    histogram = ConfidenceHistogram(prob.shape[1])
    confidence, label = torch.from_numpy(prob).max(1)
    histogram.update(label, confidence)
    return histogram


def histogram_of_all_pixels(prob: np.ndarray) -> ConfidenceHistogram:
    """y_k of all pixels for each class k: the literal reading, which the library does not offer."""
    histogram = ConfidenceHistogram(prob.shape[1])
    for label, values in enumerate(torch.from_numpy(prob).unbind(1)):
        histogram.update(torch.full(values.shape, label), values)
    return histogram


def alphas(case) -> list[tuple[float, str]]:
    return [(float(alpha), f'a{round(100 * alpha)}') for alpha in case['alphas']]


@pytest.mark.parametrize('reading', ['bdl', 'med', 'all'])
@pytest.mark.parametrize('case', ALL, ids=str)
def test_thresholds_labels_and_proportion(case, reading):
    prob, wanted = case['y'], case[f't_{reading}']
    histogram = histogram_of_all_pixels(prob) if reading == 'all' else histogram_of(prob)
    for alpha, name in alphas(case):
        labels, hard = case[f'yhat_{reading}_{name}'], case[f'M_{reading}_{name}']
        np.testing.assert_array_equal(sorting.pixintrada_labels(prob, alpha, wanted), labels)

        selector = PixIntraDASelector(alpha, MEDIANS.get(reading, 'middle'), case['cap'])
        exact = selector.label(torch.from_numpy(prob), wanted).numpy()
        np.testing.assert_array_equal(exact, labels)

        thresholds = selector.thresholds(histogram)
        # Twice: a bin, and the rounding of these float64 maps to the histogram's float32.
        np.testing.assert_allclose(thresholds, wanted, rtol=0, atol=2 * BIN)
        actual = selector.label(torch.from_numpy(prob), thresholds).numpy()
        close = sorting.near_any(prob, alpha * wanted, 2 * BIN)
        assert not ((actual != labels) & ~close).any()
        np.testing.assert_array_equal((actual == 255)[~close], hard[~close] == 1)
        assert (exact != 255).mean() == pytest.approx(case[f'prop_{reading}_{name}'], rel=1e-12)


@pytest.mark.parametrize('median', ['bdl', 'med'])
@pytest.mark.parametrize('case', ALL, ids=str)
def test_sorting_reference(case, median):
    thresholds, _ = sorting.pixintrada(case['y'], 1.0, MEDIANS[median], case['cap'])
    np.testing.assert_array_equal(thresholds, case[f't_{median}'])


@pytest.mark.parametrize('case', ALL, ids=str)
def test_absent_classes(case):
    """With BDL's own convention, 0, an absent class passes, and makes easy, every pixel where it is possible."""
    prob, histogram = case['y'], histogram_of(case['y'])
    trap = case['t_bdl_absent0']
    absent = histogram.totals.numpy() == 0
    np.testing.assert_array_equal(trap[absent], 0)
    np.testing.assert_array_equal(case['t_bdl'][absent], case['cap'])
    np.testing.assert_array_equal(trap[~absent], case['t_bdl'][~absent])
    np.testing.assert_allclose(BDLSelector(0.5, case['cap']).thresholds(histogram), trap, rtol=0, atol=2 * BIN)
    easy = PixIntraDASelector().label(torch.from_numpy(prob), trap).numpy() != 255
    passing = (prob > 0.85 * trap[:, None, None])[:, ~absent].any(axis=1)
    # The rule is strict: even then a class of probability 0 does not pass.
    np.testing.assert_array_equal(easy, passing | (prob[:, absent] > 0).any(axis=1))
