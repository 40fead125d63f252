"""DAST's pseudo labels: the released rule, and the two literal readings of the paper."""

import numpy as np
import pytest
import torch

from mmseg_uda.pseudo_labels.histogram import ConfidenceHistogram
from mmseg_uda.pseudo_labels.selectors import DASTSelector, TopPortionSelector

from ..test_pseudo_labels import sorting
from .parity import cases

BIN = 2.0**-20


def stream(selector, prob):
    """Thresholds and labels of the library, image by image."""
    prob = torch.from_numpy(prob)
    histogram = ConfidenceHistogram(prob.shape[1], selector.stride)
    for image in prob.split(1):
        confidence, label = image.max(1)
        histogram.update(label, confidence)
    thresholds = selector.thresholds(histogram)
    return thresholds, torch.cat([selector.label(image, thresholds) for image in prob.split(1)]).numpy()


def assert_labels(actual, expected, close):
    """Equal but for pixels within 1e-6 of a threshold."""
    assert actual.dtype == np.uint8
    assert not ((actual != expected) & ~close).any()


@pytest.mark.parametrize('stride', [4, 1])
@pytest.mark.parametrize('case', cases('dast_pseudo_labels.npz'), ids=str)
def test_released_rule(case, stride):
    thresholds, label = sorting.dast(case['prob'], case['portion'], case['cap'], stride)
    np.testing.assert_array_equal(thresholds, case[f'thr_s{stride}'])
    np.testing.assert_array_equal(label, case[f'label_s{stride}'])

    selector = DASTSelector(case['portion'], case['cap'], stride)
    thresholds, label = stream(selector, case['prob'])
    np.testing.assert_allclose(thresholds, case[f'thr_s{stride}'], rtol=0, atol=BIN)
    assert_labels(label, case[f'label_s{stride}'], sorting.near_weighted(case['prob'], case[f'thr_s{stride}']))


@pytest.mark.parametrize('stride', [4, 1])
@pytest.mark.parametrize('case', cases('dast_pseudo_labels.npz'), ids=str)
def test_selected_counts(case, stride):
    histogram = ConfidenceHistogram(case['prob'].shape[1], stride)
    confidence, label = torch.from_numpy(case['prob']).max(1)
    histogram.update(label, confidence)
    selected = np.floor(histogram.totals.numpy() * case['portion'])
    np.testing.assert_array_equal(selected, case[f'sel_s{stride}'])


@pytest.mark.parametrize('case', cases('dast_pseudo_labels.npz'), ids=str)
def test_paper_over_all_images(case):
    threshold, label = sorting.top_portion(case['prob'], case['portion'])
    assert threshold == np.float32(case['paper_global_thr'])
    np.testing.assert_array_equal(label, case['paper_global_label'])

    thresholds, label = stream(TopPortionSelector(case['portion']), case['prob'])
    np.testing.assert_allclose(thresholds, case['paper_global_thr'], rtol=0, atol=BIN)
    assert_labels(label, case['paper_global_label'], sorting.near(case['prob'], case['paper_global_thr']))


@pytest.mark.parametrize('case', cases('dast_pseudo_labels.npz'), ids=str)
def test_paper_per_image(case):
    for index, prob in enumerate(case['prob']):
        threshold, label = sorting.top_portion(prob[None], case['portion'])
        assert threshold == case['paper_perimage_thr'][index]
        np.testing.assert_array_equal(label[0], case['paper_perimage_label'][index])

    _, label = stream(TopPortionSelector(case['portion'], per='image'), case['prob'])
    np.testing.assert_array_equal(label, case['paper_perimage_label'])
