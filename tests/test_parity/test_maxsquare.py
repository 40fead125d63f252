"""Maximum squares: both variants of both losses, values and gradients, through the adaptation too."""

import numpy as np
import pytest
import torch

from mmseg_uda.models.adaptations import MaxSquares
from mmseg_uda.models.losses import image_wise_maximum_squares_loss, maximum_squares_loss
from mmseg_uda.models.losses.maximum_squares import class_sizes

from .outputs import output_from
from .parity import assert_close, cases

ALL = cases('maxsquare.npz')
VARIANTS = dict(paper='paper', official='released')
RTOL = 1e-9


@pytest.mark.parametrize('case', ALL, ids=str)
def test_class_sizes(case):
    label = case.tensor('logits').softmax(1).argmax(1)
    np.testing.assert_array_equal(class_sizes(label, case['logits'].shape[1]), case['hist'])


@pytest.mark.parametrize('variant', VARIANTS)
@pytest.mark.parametrize('case', ALL, ids=str)
def test_losses_and_gradients(case, variant):
    for name, loss_of in (
        ('ms', lambda prob: maximum_squares_loss(prob, VARIANTS[variant])),
        ('iw', lambda prob: image_wise_maximum_squares_loss(prob, case['ratio'], VARIANTS[variant])),
    ):
        logits = case.tensor('logits').requires_grad_()
        loss = loss_of(logits.softmax(1))
        loss.backward()
        assert_close(loss, case[f'{name}_{variant}'], rtol=RTOL)
        assert_close(logits.grad, case[f'd_{name}_{variant}'], rtol=RTOL)


@pytest.mark.parametrize('variant', VARIANTS)
@pytest.mark.parametrize('case', ALL, ids=str)
def test_adaptation(case, variant):
    target = output_from('target', dict(decode=case.tensor('logits')), case['logits'].shape[2:])
    for image_wise, name in ((False, 'ms'), (True, 'iw')):
        adaptation = MaxSquares(0.5, image_wise, case['ratio'], VARIANTS[variant])
        losses = adaptation.loss(None, None, target)
        assert_close(losses['loss_squares'], 0.5 * case[f'{name}_{variant}'], rtol=RTOL)


def test_wrong_arguments():
    with pytest.raises(ValueError, match='variant'):
        MaxSquares(variant='official')
    with pytest.raises(ValueError, match='ratio'):
        MaxSquares(ratio=20)


def test_negative_ratio():
    """From SYNTHIA: a class of h among n pixels weighs h^0.2 / n^1.2; absent ones are harmless."""
    prob = torch.tensor([0.6, 0.3, 0.1], dtype=torch.float64).repeat(100, 1)
    prob[:10] = prob[:10, [1, 0, 2]]
    prob = prob.T.reshape(1, 3, 10, 10).requires_grad_()
    loss = image_wise_maximum_squares_loss(prob, -0.2, 'released')
    expected = -(0.46 / 3) * (10 * 10**0.2 + 90 * 90**0.2) / 100**1.2
    assert loss.item() == pytest.approx(expected, rel=1e-12)
    for variant in VARIANTS.values():
        (gradient,) = torch.autograd.grad(image_wise_maximum_squares_loss(prob, -0.2, variant), prob)
        assert gradient.isfinite().all()
