"""AdaptSegNet's adversarial losses and gradients, through the adaptation that configs name."""

import pytest
import torch
from torch import nn

from mmseg_uda.models import UDASegmentor  # noqa: F401, registers the components
from mmseg_uda.models.adaptations import OutputSpaceAdversary

from .outputs import network_with, output_from
from .parity import assert_close, cases

RTOL = 1e-9
LEVELS = {1: 'aux', 2: 'decode'}


def build(case, level: int, kind: str) -> OutputSpaceAdversary:
    adversary = OutputSpaceAdversary(
        dict(type='OutputDiscriminator'),
        loss_weight=case[f'lambda{level}'],
        level=LEVELS[level],
        kind=kind,
    )
    adversary.setup(network_with(classes=case['num_classes']))
    adversary.discriminator.load_state_dict(case.recipe_state_dict(f'D{level}.'))
    return adversary.double()


def run(case, kind: str):
    logits = {
        (domain, level): case.tensor(f'logits_{domain}{level}').requires_grad_() for domain in 'st' for level in LEVELS
    }
    outputs = {
        domain: output_from(name, {LEVELS[level]: logits[domain, level] for level in LEVELS}, tuple(case['up_hw']))
        for domain, name in (('s', 'source'), ('t', 'target'))
    }
    adversaries = {level: build(case, level, kind) for level in LEVELS}
    losses = {level: a.loss(None, outputs['s'], outputs['t']) for level, a in adversaries.items()}
    return logits, outputs, adversaries, losses


@pytest.mark.parametrize('kind', ['bce', 'ls'])
@pytest.mark.parametrize('case', cases('adaptseg.npz'), ids=str)
def test_losses_and_segmentor_gradients(case, kind):
    logits, _, _, losses = run(case, kind)
    total = sum(losses[level]['loss_adv'] for level in LEVELS)
    assert_close(total, case[f'G_total_{kind}'], rtol=RTOL)
    for level in LEVELS:
        weight = case[f'lambda{level}']
        assert_close(losses[level]['loss_adv'] / weight, case[f'adv{level}_{kind}'], rtol=RTOL)
        assert_close(losses[level]['loss_d_source'], case[f'D{level}_{kind}_src'], rtol=RTOL)
        assert_close(losses[level]['loss_d_target'], case[f'D{level}_{kind}_tgt'], rtol=RTOL)
        (grad,) = torch.autograd.grad(losses[level]['loss_adv'] / weight, logits['t', level], retain_graph=True)
        assert_close(grad, case[f'adv{level}_{kind}_dlogits_t'], rtol=RTOL)
    # All losses of the step at once, as in training: the discriminators' terms add nothing to the segmentor's gradient.
    sum(sum(terms.values()) for terms in losses.values()).backward()
    for level in LEVELS:
        assert_close(logits['t', level].grad, case[f'G_total_{kind}_dlogits_t{level}'], rtol=RTOL)
        assert logits['s', level].grad is None


@pytest.mark.parametrize('case', cases('adaptseg.npz'), ids=str)
def test_discriminator_gradients(case):
    _, _, adversaries, losses = run(case, 'bce')
    sum(sum(terms.values()) for terms in losses.values()).backward()
    for level in LEVELS:
        grads = {name: p.grad for name, p in adversaries[level].discriminator.named_parameters()}
        order = [key.removeprefix(f'D{level}.') for key in case['sd_keys']]
        norms = torch.stack([grads[name].norm() for name in order])
        sums = torch.stack([grads[name].sum() for name in order])
        assert_close(norms, case[f'D{level}_bce_gradnorm'], rtol=RTOL)
        assert_close(sums, case[f'D{level}_bce_gradsum'], rtol=RTOL)
        assert_close(grads['conv1.bias'], case[f'D{level}_bce_grad_conv1_bias'], rtol=RTOL)
        assert_close(grads['classifier.weight'][:, ::8], case[f'D{level}_bce_grad_classifier_weight'], rtol=RTOL)


@pytest.mark.parametrize('case', cases('adaptseg.npz'), ids=str)
def test_scores(case):
    _, outputs, adversaries, _ = run(case, 'bce')
    for level, adversary in adversaries.items():
        for domain, output in outputs.items():
            score = adversary.score(adversary.visible(output))
            assert_close(score, case[f'Dout_{domain}{level}'], rtol=RTOL)
        assert all(isinstance(m, nn.Conv2d) or not list(m.parameters(False)) for m in adversary.modules())
