"""PLCA's spatial aggregation: its written-out backward pass beside plain autograd, and what is refused."""

import pytest
import torch

from mmseg_uda.models.ops import aggregate_spatially, chunks

from ..plain_plca import VARIANTS, aggregate, maps


@pytest.mark.parametrize('chunk', [2**9, 2**22])
@pytest.mark.parametrize(('similarity', 'contrast'), VARIANTS)
def test_gradients_are_those_of_the_plain_form(similarity, contrast, chunk, monkeypatch):
    monkeypatch.setattr(chunks, 'CHUNK_BYTES', chunk)
    x = maps(similarity, (7, 9))
    fast, plain = aggregate_spatially(x, similarity, 0.3, contrast), aggregate(x, similarity, 0.3, contrast)
    torch.testing.assert_close(fast, plain, rtol=1e-10, atol=1e-12)
    upstream = torch.randn(x.shape, generator=torch.Generator().manual_seed(3), dtype=torch.double)
    grads = [torch.autograd.grad(y, x, upstream)[0] for y in (fast, plain)]
    torch.testing.assert_close(*grads, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize('similarity', ['cosine', 'kl'])
def test_gradient_of_the_aggregation_without_contrast(similarity):
    """With contrast two factors are detached, so that only stored gradients can be compared with."""
    x = (maps(similarity, (3, 5)).detach() + 0.2).requires_grad_()  # away from 0, where logarithms are steep
    assert torch.autograd.gradcheck(lambda x: aggregate_spatially(x, similarity, 0.3, contrast=False), x)


def test_arguments_are_checked():
    source = maps('cosine', (4, 5))
    with pytest.raises(ValueError, match=r"similarity must be .*got 'l2'"):
        aggregate_spatially(source, 'l2')
    with pytest.raises(ValueError, match=r'ratio .* is 2'):
        aggregate_spatially(source, ratio=2)
