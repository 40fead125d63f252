"""PLCA's cycles: the written-out backward pass of their probabilities beside plain autograd."""

import pytest
import torch

from mmseg_uda.models.ops import chunks, find_cycles

from ..plain_plca import cycle_log_probs, maps


@pytest.mark.parametrize('chunk', [2**9, 2**22])
@pytest.mark.parametrize('similarity', ['cosine', 'kl'])
def test_gradients_are_those_of_the_plain_form(similarity, chunk, monkeypatch):
    monkeypatch.setattr(chunks, 'CHUNK_BYTES', chunk)
    source, target = maps(similarity, (7, 9)), maps(similarity, (8, 6), seed=1)
    fast, plain = find_cycles(source, target, similarity).log_prob, cycle_log_probs(source, target, similarity)
    torch.testing.assert_close(fast, plain, rtol=1e-10, atol=1e-12)
    upstream = torch.randn(fast.shape, generator=torch.Generator().manual_seed(3), dtype=torch.double)
    upstream[:, ::3] = 0  # of these nothing is computed again
    upstream[1, :40] = 0
    grads = [torch.autograd.grad(y, (source, target), upstream) for y in (fast, plain)]
    torch.testing.assert_close(*grads, rtol=1e-9, atol=1e-11)


def test_an_image_without_gradients_gets_zeros():
    source, target = maps('cosine', (4, 5)), maps('cosine', (4, 6), seed=1)
    find_cycles(source, target).log_prob[0].sum().backward()
    assert source.grad[0].any() and target.grad[0].any()
    assert not source.grad[1].any() and not target.grad[1].any()


def test_arguments_are_checked():
    source = maps('cosine', (4, 5))
    with pytest.raises(ValueError, match=r"similarity must be .*got 'l2'"):
        find_cycles(source, source, 'l2')
