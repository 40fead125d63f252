"""What every loss keeps to, whatever a network gives it."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from mmseg_uda.models import losses

from .batches import CLASSES, batches, labels, maps
from .loss_table import LOSSES, SELECTING


def value_and_gradient(loss, first: Tensor, other: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    first = first.clone().requires_grad_()
    value = loss(first, other, labels)
    value.backward()
    return value.detach(), first.grad


def test_the_table_has_every_loss():
    no_losses = {'SOURCE', 'TARGET', 'cell_labels'}
    assert {name.split()[0] for name in LOSSES} == set(losses.__all__) - no_losses


@pytest.mark.parametrize('name', LOSSES)
@given(batch=batches())
def test_finite(name, batch):
    value, gradient = value_and_gradient(LOSSES[name], *batch)
    assert value.shape == () and value.isfinite()
    assert gradient.isfinite().all()


@pytest.mark.parametrize('name', SELECTING)
@given(first=maps(), other=maps(images=3))
def test_nothing_selected(name, first, other):
    nothing = torch.full((len(first), *first.shape[2:]), 255)
    value, gradient = value_and_gradient(SELECTING[name], first, other[: len(first)], nothing)
    assert value == 0 and (gradient == 0).all()


@pytest.mark.parametrize('name', [name for name in LOSSES if 'cosine' in name])
@given(batch=batches(), first=st.integers(0, 14))
def test_a_vector_without_a_direction_is_not_pulled(name, batch, first):
    maps, other, labels = batch
    maps.flatten(2)[:, :, first:] = 0
    _, gradient = value_and_gradient(LOSSES[name], maps, other, labels)
    assert (gradient.flatten(2)[:, :, first:] == 0).all()


@pytest.mark.parametrize('name', LOSSES)
@given(batch=batches(images=3), order=st.permutations(range(3)))
def test_the_order_within_a_batch_does_not_matter(name, batch, order):
    value, gradient = value_and_gradient(LOSSES[name], *batch)
    other_value, other_gradient = value_and_gradient(LOSSES[name], *(part[list(order)] for part in batch))
    torch.testing.assert_close(other_value, value, rtol=1e-5, atol=1e-5)
    if not name.startswith('lovasz'):  # among pixels of equal errors it takes one of several subgradients
        torch.testing.assert_close(other_gradient, gradient[list(order)], rtol=1e-4, atol=1e-5)


@given(known=labels(images=2), min_share=st.floats(0, 1))
def test_cells_have_the_label_of_most_of_their_pixels(known, min_share):
    cells = losses.cell_labels(known, (3, 5), CLASSES, min_share)
    assert torch.equal(cells, known)  # of one pixel each
    (whole,) = losses.cell_labels(known[:1, :, :3], (1, 1), CLASSES, min_share).unique().tolist()
    counts = known[0, :, :3].flatten().where(known[0, :, :3].flatten() != 255, CLASSES).bincount(minlength=CLASSES + 1)
    share, label = (counts.float() / 9).max(dim=0)
    assert whole == (255 if label == CLASSES or share < min_share - 1e-6 else label) or abs(share - min_share) < 1e-6
