import numpy as np
import pytest
import torch

from mmseg_uda.errors import UserError
from mmseg_uda.pseudo_labels.histogram import BIN_WIDTH, ConfidenceHistogram


def filled(values, label=0, num_classes=2):
    histogram = ConfidenceHistogram(num_classes)
    confidence = torch.tensor(values, dtype=torch.float32).view(1, 1, -1)
    histogram.update(torch.full_like(confidence, label, dtype=torch.long), confidence)
    return histogram


def test_order_statistics_bracket_the_sorted_values():
    values = np.random.default_rng(0).random(5000).astype(np.float32)
    histogram = filled(values)
    ordered = np.sort(values)
    for index in (0, 1, 2499, 4998, 4999):
        lower = histogram.order_statistic(index, 0)
        upper = histogram.order_statistic(index, 0, edge='upper')
        assert lower <= ordered[index] < upper
        assert upper - lower == BIN_WIDTH


def test_multiples_of_the_bin_width_and_one_are_exact():
    values = [0.25, 0.5, 0.71875, 1.0, 1.0]
    histogram = filled(values)
    assert [histogram.order_statistic(i, 0) for i in range(5)] == values


def test_upsampling_noise_above_one_counts_as_one():
    assert filled([1.0000001]).order_statistic(0, 0) == 1.0


def test_all_classes_together():
    histogram = filled([0.25, 0.75])
    histogram.update(torch.ones(1, 1, 1, dtype=torch.long), torch.full((1, 1, 1), 0.5))
    assert [histogram.order_statistic(i) for i in range(3)] == [0.25, 0.5, 0.75]
    assert histogram.order_statistic(0, 1) == 0.5


@pytest.mark.parametrize(('index', 'label'), [(2, 0), (-1, 0), (0, 1)])
def test_places_outside_of_the_list(index, label):
    with pytest.raises(IndexError, match='outside'):
        filled([0.25, 0.75]).order_statistic(index, label)


def test_stride_counts_per_image_and_class_in_row_major_order():
    rng = np.random.default_rng(1)
    label = torch.from_numpy(rng.integers(0, 3, (2, 9, 11)))
    confidence = torch.from_numpy(rng.random((2, 9, 11), dtype=np.float32))
    histogram = ConfidenceHistogram(4, stride=4)
    histogram.update(label, confidence)
    for c in range(4):
        expected = np.sort(np.concatenate([confidence[n][label[n] == c][::4] for n in range(2)]))
        assert histogram.totals[c] == len(expected)
        found = [histogram.order_statistic(i, c) for i in range(len(expected))]
        np.testing.assert_allclose(found, expected, rtol=0, atol=BIN_WIDTH)


def test_counters_widen_before_they_overflow():
    histogram = filled([0.5] * 10)
    limit = torch.iinfo(torch.int32).max
    histogram.counts[0, 2**19] = limit - 3  # as after 2^31 pixels
    histogram.totals[0] = limit - 3
    histogram.update(torch.zeros(1, 1, 10, dtype=torch.long), torch.full((1, 1, 10), 0.5))
    assert histogram.counts[0, 2**19] == limit + 7
    assert histogram.order_statistic(limit + 6, 0) == 0.5


def test_broken_predictions_are_refused():
    with pytest.raises(UserError, match='not finite'):
        filled([0.5, float('nan')])


@pytest.mark.parametrize('arguments', [(0, 1), (3, 0)])
def test_wrong_arguments(arguments):
    with pytest.raises(ValueError, match='at least 1'):
        ConfidenceHistogram(*arguments)
