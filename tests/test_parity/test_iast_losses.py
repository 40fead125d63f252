"""IAST's regularisers: entropy of pixels without a label, divergence from uniform on those with one."""

import pytest
import torch

from mmseg_uda.models.adaptations import SelfTraining
from mmseg_uda.models.losses import kld_loss, masked_entropy_loss, pseudo_label_loss

from .outputs import output_from
from .parity import assert_close, cases

CASES = [case for case in cases('iast.npz') if 'logits' in case]
RTOL = 1e-9
LOSSES = dict(ent=masked_entropy_loss, kld=kld_loss)


def regions(case):
    labelled = case.tensor('labels') != 255
    return dict(ent=~labelled, kld=labelled)


@pytest.mark.parametrize('name', LOSSES)
@pytest.mark.parametrize('case', CASES, ids=str)
def test_values_and_gradients(case, name):
    """Released: divided by the number of classes once more."""
    logits = case.tensor('logits').requires_grad_()
    loss = LOSSES[name](logits, regions(case)[name])
    assert_close(loss, case[f'{name}_perpixel'], rtol=RTOL)
    released = loss / logits.shape[1]
    released.backward()
    assert_close(released, case[f'{name}_official'], rtol=RTOL)
    assert_close(logits.grad, case[f'd_{name}_official'], rtol=RTOL)


@pytest.mark.parametrize('case', CASES, ids=str)
def test_self_training_takes_both(case, monkeypatch):
    logits = case.tensor('logits')
    labels = case.tensor('labels').long()
    target = output_from('target', dict(decode=logits), logits.shape[2:])
    monkeypatch.setattr(target, 'labels', lambda: labels)
    losses = SelfTraining(loss_weight=2, kld_weight=0.1, entropy_weight=3.0).loss(None, None, target)
    assert set(losses) == {'loss_ce', 'loss_kld', 'loss_entropy', 'labelled'}
    assert_close(losses['loss_ce'], 2 * pseudo_label_loss(logits, labels), rtol=RTOL)
    assert_close(losses['loss_kld'], 0.1 * case['kld_perpixel'], rtol=RTOL)
    assert_close(losses['loss_entropy'], 3 * case['ent_perpixel'], rtol=RTOL)
    assert set(SelfTraining().loss(None, None, target)) == {'loss_ce', 'labelled'}


@pytest.mark.parametrize('name', LOSSES)
def test_an_empty_region_is_an_exact_zero_with_gradients(name):
    logits = torch.randn(1, 4, 3, 3, requires_grad=True)
    loss = LOSSES[name](logits, torch.zeros(1, 3, 3, dtype=torch.bool))
    loss.backward()
    assert loss.item() == 0 and logits.grad.abs().sum() == 0


@pytest.mark.parametrize('name', LOSSES)
def test_sure_predictions_stay_finite(name):
    logits = torch.tensor([200.0, -200.0]).view(1, 2, 1, 1).requires_grad_()
    loss = LOSSES[name](logits, torch.ones(1, 1, 1, dtype=torch.bool))
    loss.backward()
    assert loss.isfinite() and logits.grad.isfinite().all()
