"""SAM's map: memory, zeros, gradients, precision."""

import torch

from mmseg_uda.models.ops import self_attend
from mmseg_uda.models.ops.chunks import CHUNK_BYTES

from ..largest_tensor import LargestTensor


def test_no_map_of_all_pairs_of_pixels_is_ever_made():
    pixels = 48 * 72
    assert 4 * pixels**2 > 2 * CHUNK_BYTES
    z = torch.randn(1, 7, 48, 72, requires_grad=True)
    with LargestTensor() as largest:
        self_attend(2 * z, z).square().sum().backward()
    assert CHUNK_BYTES / 2 < 4 * largest.elements <= CHUNK_BYTES
    assert z.grad.abs().sum() > 0


def test_vectors_of_zero_attend_to_nothing_and_break_nothing():
    projected = torch.randn(2, 4, 3, 5, dtype=torch.double)
    projected[0, :, 1, 2] = 0
    projected[1] = 0
    projected.requires_grad_()
    values = torch.randn(2, 6, 3, 5, dtype=torch.double, requires_grad=True)
    attended = self_attend(projected, values)
    assert (attended[0, :, 1, 2] == 0).all() and (attended[1] == 0).all()
    attended.square().sum().backward()
    assert projected.grad[0].isfinite().all() and values.grad.isfinite().all()
    assert (values.grad[1] == 0).all() and (projected.grad[1] == 0).all() and (projected.grad[0, :, 1, 2] == 0).all()
    # the others attend as if the pixel were not there
    keep = torch.ones(3, 5, dtype=torch.bool)
    keep[1, 2] = False
    alone = self_attend(projected[:1, :, None, keep], values[:1, :, None, keep])
    torch.testing.assert_close(attended[:1, :, None, keep], alone)


def test_gradients_are_those_of_the_plain_map():
    torch.manual_seed(0)
    projected = torch.randn(2, 3, 4, 5, dtype=torch.double, requires_grad=True)
    values = torch.randn(2, 6, 4, 5, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(self_attend, (projected, values))


def test_similarities_are_float32_under_autocast():
    z = torch.randn(1, 5, 6, 7)
    with torch.autocast('cpu', torch.bfloat16):
        attended = self_attend(z, z)
    assert attended.dtype == torch.float32
    torch.testing.assert_close(attended, self_attend(z, z))
