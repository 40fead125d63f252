"""Feature distance: labels of cells, the mask, value and gradient."""

import math

import numpy as np
import pytest
import torch

from mmseg_uda.models.losses import cell_labels, masked_feature_distance

from .parity import assert_close, cases

ALL = cases('daformer_feature_distance.npz')


def mask_of(case, feature: torch.Tensor, labels: torch.Tensor):
    """Labels of the cells and which of them count; none and all without classes."""
    classes = case.tensor('classes')
    if not len(classes):
        return None, None
    cells = cell_labels(labels, feature.shape[2:], case['num_classes'], case['min_ratio'])
    return cells, torch.isin(cells, classes)


@pytest.mark.parametrize('case', ALL, ids=str)
def test_value_and_gradient(case):
    feature = case.tensor('feat').requires_grad_()
    labels = case.tensor('label').long()
    cells, mask = mask_of(case, feature, labels)
    if cells is not None:
        np.testing.assert_array_equal(cells, case['label_low'])
        np.testing.assert_array_equal(mask, case['mask'].astype(bool))
    loss = case['weight'] * masked_feature_distance(feature, case.tensor('ref'), mask)
    if 'feat1' in case:
        y1, y2, x1, x2 = case['box']
        detail = case.tensor('feat1').requires_grad_()
        cells, mask = mask_of(case, detail, labels[:, y1:y2, x1:x2])
        np.testing.assert_array_equal(cells, case['label_low1'])
        loss = loss + case['weight'] * masked_feature_distance(detail, case.tensor('ref1'), mask)
    loss.backward()
    assert_close(loss, 0 if math.isnan(case['loss']) else case['loss'], rtol=1e-9)  # released: NaN without a cell
    assert_close(feature.grad, case['d_feat'], rtol=1e-9)
    if 'feat1' in case:
        assert_close(detail.grad, case['d_feat1'], rtol=1e-9)
