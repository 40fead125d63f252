"""DAST's attention, its two adversaries and all their gradients, through the adaptations that configs name."""

import pytest
import torch
from torch.nn.functional import conv2d

from mmseg_uda.models.adaptations import DiscriminatorAttention, OutputSpaceAdversary

from .outputs import network_with, output_from
from .parity import assert_close, cases

CASES = cases('dast_attention.npz')
RTOL = 1e-9
WEIGHT = 0.01


class Step:
    """One DAST step on stored features, with the stored 1x1 predictor in place of the rest of the network."""

    def __init__(self, case, attention_from=None):
        network = network_with(case['num_classes'], tap=case['feat_channels'])
        self.attention = DiscriminatorAttention(dict(type='FeatureDiscriminator'), loss_weight=WEIGHT)
        self.attention.name = 'attention'
        self.attention.setup(network)
        self.attention.double()
        self.attention.discriminator.load_state_dict(case.recipe_state_dict('0.'))
        self.corrector = OutputSpaceAdversary(
            dict(type='OutputDiscriminator'),
            loss_weight=WEIGHT,
            discriminator_weight=1.0,
            kind='ls',
            attention_from=attention_from,
        )
        self.corrector.setup(network)
        self.corrector.double()
        self.corrector.discriminator.load_state_dict(case.recipe_state_dict('1.'))

        self.x4 = case.tensor('x4').requires_grad_()
        self.xs = case.tensor('xs').requires_grad_()
        weight, bias = case.tensor('P_w')[:, :, None, None], case.tensor('P_b')
        size = tuple(case['up_hw'])
        self.target = output_from('target', dict(decode=None), size, tap=self.x4)
        self.refined = self.attention.refine_tap(self.x4, self.target)
        self.target.logits = self.logits_t = conv2d(self.refined, weight, bias)
        self.source = output_from('source', dict(decode=None), size, tap=self.xs)
        assert self.attention.refine_tap(self.xs, self.source) is self.xs
        self.source.logits = self.logits_s = conv2d(self.xs, weight, bias)
        self.feature_losses = self.attention.loss(None, self.source, self.target)
        self.output_losses = self.corrector.loss(None, self.source, self.target)

    def grad(self, loss, wrt):
        return torch.autograd.grad(loss, wrt, retain_graph=True)[0]


@pytest.mark.parametrize('case', CASES, ids=str)
def test_attention(case):
    step = Step(case)
    stored = step.target.store['attention']
    assert_close(stored['score'], case['D0_x4'], rtol=RTOL)
    assert_close(stored['attention'], case['a4'], rtol=RTOL)
    assert_close(step.refined, case['x4_a4'], rtol=RTOL)
    assert_close(step.logits_t, case['logits_t'], rtol=RTOL)
    assert_close(step.logits_s, case['logits_s'], rtol=RTOL)
    probe = (step.refined * torch.arange(step.x4.numel(), dtype=torch.float64).cos().view_as(step.x4)).sum()
    assert_close(step.grad(probe, step.x4), case['probe_dx4'], rtol=RTOL)


@pytest.mark.parametrize('case', CASES, ids=str)
def test_segmentor_losses_and_gradients(case):
    step = Step(case)
    adv1, adv2 = step.feature_losses['loss_adv'], step.output_losses['loss_adv']
    assert_close(adv1 / WEIGHT, case['adv1'], rtol=RTOL)
    assert_close(adv2 / WEIGHT, case['adv2'], rtol=RTOL)
    assert_close(adv1 + adv2, case['adv_total'], rtol=RTOL)
    assert_close(step.grad(adv1 / WEIGHT, step.x4), case['adv1_dx4'], rtol=RTOL)
    assert_close(step.grad(adv2 / WEIGHT, step.logits_t), case['adv2_dlogits_t'], rtol=RTOL)
    assert_close(step.grad(adv2 / WEIGHT, step.x4), case['adv2_dx4'], rtol=RTOL)
    # The whole step in one backward: neither discriminator's own loss reaches the features.
    sum([*step.feature_losses.values(), *step.output_losses.values()]).backward()
    assert_close(step.x4.grad, case['adv_total_dx4'], rtol=RTOL)
    assert step.xs.grad is None


@pytest.mark.parametrize('case', CASES, ids=str)
def test_corrector_scores(case):
    step = Step(case)
    for output, key in ((step.target, 'D1_t'), (step.source, 'D1_s')):
        assert_close(step.corrector.score(step.corrector.visible(output)), case[key], rtol=RTOL)


@pytest.mark.parametrize('case', CASES, ids=str)
def test_paper_reweights_the_corrector(case):
    step = Step(case, attention_from='attention')
    loss = step.output_losses['loss_adv'] / WEIGHT
    assert_close(loss, case['adv2_paper_reweighted'], rtol=RTOL)
    assert_close(step.grad(loss, step.logits_t), case['adv2_paper_reweighted_dlogits_t'], rtol=RTOL)
    # The corrector's own loss too, on target images; the attention is a constant there.
    attention = step.target.store['attention']['attention'].detach()
    score = step.corrector.discriminator(step.corrector.visible(step.target).detach())
    attention = torch.nn.functional.interpolate(attention, score.shape[2:], mode='bilinear', align_corners=True)
    assert_close(step.output_losses['loss_d_target'], (attention * (score - 1) ** 2).mean(), rtol=RTOL)
    assert_close(step.output_losses['loss_d_source'], case['D_src2'], rtol=RTOL)
    step.output_losses['loss_d_target'].backward()
    assert step.x4.grad is None and all(p.grad is None for p in step.attention.discriminator.parameters())


@pytest.mark.parametrize('case', CASES, ids=str)
def test_discriminator_losses_and_gradients(case):
    step = Step(case)
    for losses, i in ((step.feature_losses, 1), (step.output_losses, 2)):
        assert_close(losses['loss_d_source'], case[f'D_src{i}'], rtol=RTOL)
        assert_close(losses['loss_d_target'], case[f'D_tgt{i}'], rtol=RTOL)
    sum([*step.feature_losses.values(), *step.output_losses.values()]).backward()
    for name, parameter in step.attention.discriminator.named_parameters():
        assert_close(parameter.grad, case[f'D0_grad_{name.replace(".", "_")}'], rtol=RTOL)
    grads = {name: p.grad for name, p in step.corrector.discriminator.named_parameters()}
    order = [key.removeprefix('1.') for key in case['sd_keys'] if key.startswith('1.')]
    assert_close(torch.stack([grads[name].norm() for name in order]), case['D1_gradnorm'], rtol=RTOL)
    assert_close(grads['conv1.bias'], case['D1_grad_conv1_bias'], rtol=RTOL)
    assert_close(grads['classifier.weight'][:, ::8], case['D1_grad_classifier_weight'], rtol=RTOL)
