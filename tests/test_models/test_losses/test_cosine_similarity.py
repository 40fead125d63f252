"""MaxCos's loss: what cannot be selected, memory, precision."""

import pytest
import torch

from mmseg_uda.models.losses import cosine_similarity_loss
from mmseg_uda.models.ops.chunks import CHUNK_BYTES

from ..largest_tensor import LargestTensor


def test_nothing_to_select_is_zero_and_backpropagates_zero():
    target = torch.randn(6, 3, requires_grad=True)
    labels = torch.tensor([0, 0, 1, 1, 1, 2])
    source = [torch.randn(4, 3), torch.zeros(2, 3), torch.empty(0, 3)]  # dissimilar, without direction, none
    for reduction in ('mean', 'sum', 'mean_all'):
        result = cosine_similarity_loss(target, labels, source, 0.9999, reduction)
        (grad,) = torch.autograd.grad(result.loss, target)
        assert result.loss == 0 and torch.equal(grad, torch.zeros_like(target))
        assert result.selected.tolist() == [0, 0, 0] and result.compared.tolist() == [8, 6, 0]


def test_features_of_zero_are_selected_by_nothing_and_break_nothing():
    target = torch.randn(5, 3, dtype=torch.double)
    target[2] = 0
    target.requires_grad_()
    result = cosine_similarity_loss(target, torch.zeros(5).long(), [torch.randn(4, 3).double()], -0.5)
    result.loss.backward()
    assert target.grad.isfinite().all()


def test_no_matrix_of_all_similarities_is_ever_made():
    target = torch.randn(4000, 2, requires_grad=True)
    with LargestTensor() as largest:
        cosine_similarity_loss(target, torch.zeros(4000).long(), [torch.randn(2500, 2)], 0.5).loss.backward()
    assert 4 * 4000 * 2500 > 2 * CHUNK_BYTES >= 2 * 4 * largest.elements > CHUNK_BYTES


@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16])
def test_features_of_half_precision_are_compared_in_float32(dtype):
    """Without a dictionary, source features have autocast's type too; more are selected than float16 can count."""
    target, source = torch.randn(700, 8).to(dtype).requires_grad_(), torch.randn(700, 8).to(dtype)
    labels = torch.zeros(700).long()
    result = cosine_similarity_loss(target, labels, [source], -0.9)
    exact = cosine_similarity_loss(target.double(), labels, [source.double()], -0.9)
    assert result.loss.dtype == torch.float32 and result.selected.item() > 2 * 65504
    torch.testing.assert_close(result.loss.double(), exact.loss, rtol=1e-4, atol=0)
    result.loss.backward()
    assert target.grad.dtype == dtype and target.grad.isfinite().all()
