"""BDL's and FDA's class-wise thresholds, and the order of softmax and upsampling."""

import numpy as np
import pytest
import torch

from mmseg_uda.pseudo_labels.histogram import ConfidenceHistogram
from mmseg_uda.pseudo_labels.prediction import upsampled_probabilities
from mmseg_uda.pseudo_labels.selectors import BDLSelector

from ..test_pseudo_labels import sorting
from .parity import assert_close, cases
from .test_dast_pseudo_labels import BIN, assert_labels, stream

PORTIONS = dict(p50=0.5, p66=0.66)


def each_portion(with_key):
    return [
        pytest.param(case, name, portion, id=f'{case}-{name}')
        for case in cases('bdl_pseudo_labels.npz')
        for name, portion in PORTIONS.items()
        if f'thr_{name}' in case and with_key in case
    ]


@pytest.mark.parametrize(('case', 'name', 'portion'), each_portion('prob'))
def test_released_rule(case, name, portion):
    check(case['prob'], case, name, portion, case['cap'])


@pytest.mark.parametrize(('case', 'name', 'portion'), each_portion('prob'))
def test_overflow_is_where_the_released_index_leaves_the_list(case, name, portion):
    overflows = any(n and round(n * portion) >= n for n in case['count'].tolist())
    assert overflows == bool(case[f'overflow_{name}'])


@pytest.mark.parametrize('case', [c for c in cases('bdl_pseudo_labels.npz') if 'count' in c], ids=str)
def test_counts(case):
    histogram = ConfidenceHistogram(case['prob'].shape[1])
    confidence, label = torch.from_numpy(case['prob']).max(1)
    histogram.update(label, confidence)
    np.testing.assert_array_equal(histogram.totals.numpy(), case['count'])


@pytest.mark.parametrize(('case', 'name', 'portion'), each_portion('logits_lowres'))
def test_pipeline_from_low_resolution_logits(case, name, portion):
    logits, size = case.tensor('logits_lowres'), tuple(case['up_hw'].tolist())

    def upsample(maps, size):
        return torch.nn.functional.interpolate(maps, size, mode='bilinear', align_corners=True)

    dast = upsampled_probabilities(logits, size, 'logits_first', upsample)
    bdl = upsampled_probabilities(logits, size, 'probs_first', upsample)
    assert_close(dast, case['prob_dast'], rtol=1e-6)
    assert_close(bdl, case['prob_bdl'], rtol=1e-6)
    check(case['prob_bdl'], case, name, portion, 0.9)


def check(prob, case, name, portion, cap):
    thresholds, label = sorting.bdl(prob, portion, cap)
    np.testing.assert_array_equal(thresholds, case[f'thr_{name}'])
    if f'label_{name}' in case:
        np.testing.assert_array_equal(label, case[f'label_{name}'])

    thresholds, label = stream(BDLSelector(portion, cap), prob)
    np.testing.assert_allclose(thresholds, case[f'thr_{name}'], rtol=0, atol=BIN)
    if f'label_{name}' in case:
        assert_labels(label, case[f'label_{name}'], sorting.near(prob, case[f'thr_{name}']))
