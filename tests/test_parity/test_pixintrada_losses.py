"""PixIntraDA's losses and gradients (the labels' part is in the selectors' tests)."""

import numpy as np
import pytest
import torch

from mmseg_uda.models.losses import (
    cts_discriminator_loss,
    cts_segmentor_loss,
    pla_discriminator_loss,
    pla_printed_losses,
    pla_segmentor_loss,
    pseudo_label_loss,
)
from mmseg_uda.models.ops import domain_index

from .parity import assert_close, cases

CASES = cases('pixintrada.npz')
RTOL = 1e-9
SCORES = {'raw': lambda score: score, 'sig': torch.sigmoid}

pytestmark = pytest.mark.parametrize('case', CASES, ids=str)


def hard_pixels(case) -> torch.Tensor:
    return case.tensor('M_bdl_a85').bool()


def check(case, key: str, loss: torch.Tensor, score: torch.Tensor) -> None:
    """Value, and the gradient with respect to the score where the file has it."""
    assert_close(loss, case[key], rtol=RTOL)
    (grad,) = torch.autograd.grad(loss, score)
    if f'{key}_grad' in case:
        assert_close(grad, case[f'{key}_grad'], rtol=RTOL)


def test_counts(case):
    hard = hard_pixels(case)
    assert hard.sum() == case['n_hard'] and (~hard).sum() == case['n_easy']
    np.testing.assert_array_equal(hard.numpy(), case['yhat_bdl_a85'] == 255)


def test_self_training_on_easy_pixels(case):
    logits, labels = case.tensor('g').requires_grad_(), case.tensor('yhat_bdl_a85').long()
    loss = pseudo_label_loss(logits, labels)
    assert_close(loss, case['seg_mean'], rtol=RTOL)
    assert_close(loss * case['n_easy'], case['seg_sum'], rtol=RTOL)
    loss.backward()
    assert_close(logits.grad * case['n_easy'], case['seg_sum_dg'], rtol=RTOL)
    per_image = [
        pseudo_label_loss(one[None], label[None]) * (label != 255).sum()
        for one, label in zip(logits, labels, strict=True)
    ]
    assert_close(torch.stack(per_image), case['seg_sum_per_image'], rtol=RTOL)


def test_per_pixel_adversarial_losses(case):
    score, hard = case.tensor('dl').requires_grad_(), hard_pixels(case)
    check(case, 'bce_D', pla_discriminator_loss(score, hard), score)
    check(case, 'bce_G_hard', pla_segmentor_loss(score, hard, 'hard'), score)
    check(case, 'bce_G_all', pla_segmentor_loss(score, hard, 'all'), score)


def test_printed_adversarial_losses(case):
    score, hard = case.tensor('dl').requires_grad_(), hard_pixels(case)
    count = hard.flatten(1).sum(1).numpy()
    complete = {'D': (count > 0) & (count < hard[0].numel()), 'G': count > 0}
    for side, losses in zip('DG', pla_printed_losses(score, hard), strict=True):
        assert_close(losses, case[f'eq6_{side}_safe_per_image'], rtol=RTOL)
        literal = np.where(complete[side], losses.detach().numpy(), np.inf)
        np.testing.assert_allclose(literal, case[f'eq6_{side}_literal_per_image'], rtol=RTOL)
        check(case, f'eq6_{side}_safe_sum', losses.sum(), score)


def test_domain_index(case):
    index = domain_index(case.tensor('y').amax(1), hard_pixels(case))
    assert_close(index, case['Z'], rtol=RTOL)


@pytest.mark.parametrize('kind', SCORES)
def test_continuous_losses(case, kind):
    score, hard, index = case.tensor('dl').requires_grad_(), hard_pixels(case), case.tensor('Z')
    for reduction in ('sum', 'mean'):
        loss = cts_discriminator_loss(SCORES[kind](score), index, reduction)
        check(case, f'eq8_D_{reduction}_{kind}', loss, score)
    divisors = {'sum': ('sum', 1), 'mean': ('all', hard.numel()), 'hardmean': ('hard', case['n_hard'])}
    for key, (reduction, divisor) in divisors.items():
        loss = cts_segmentor_loss(SCORES[kind](score), hard, reduction)
        assert_close(loss, case[f'eq8_G_{key}_{kind}'], rtol=RTOL)
        (grad,) = torch.autograd.grad(loss, score)
        assert_close(grad * divisor, case[f'eq8_G_sum_{kind}_grad'], rtol=RTOL)
