"""IAST's instance-adaptive thresholds and labels, as released and in exact arithmetic."""

import numpy as np
import pytest
import torch

from mmseg_uda.pseudo_labels.histogram import ConfidenceHistogram
from mmseg_uda.pseudo_labels.selectors import IASSelector

from ..test_pseudo_labels import sorting
from .parity import cases

CASES = [case for case in cases('iast.npz') if 'prob' in case]


@pytest.mark.parametrize('variant', ['official', 'exact64'])
@pytest.mark.parametrize('case', CASES, ids=str)
def test_thresholds_and_labels(case, variant):
    prob = case['prob']
    if prob.shape[1] != 1:
        pytest.skip('batches of several images share their thresholds; here every image has its own')
    prob = prob[:, 0]
    rule = dict(alpha=case['alpha'], beta=case['beta'], gamma=case['gamma'], rounding=variant == 'official')
    thresholds, labels = sorting.ias(prob, **rule)
    np.testing.assert_array_equal(thresholds, case[f'thr_{variant}'])
    np.testing.assert_array_equal(labels, case[f'label_{variant}'][:, 0])

    selector = IASSelector(**rule)
    start = selector.thresholds(ConfidenceHistogram(prob.shape[1]))
    predictions = zip(prob.argmax(1).astype(np.uint8), prob.max(1), strict=True)
    thresholds = selector.image_thresholds(start, predictions)
    np.testing.assert_array_equal(thresholds, case[f'thr_{variant}'])
    labels = [selector.label(torch.from_numpy(one[None]), row) for one, row in zip(prob, thresholds, strict=True)]
    np.testing.assert_array_equal(torch.stack(labels).numpy(), case[f'label_{variant}'])
