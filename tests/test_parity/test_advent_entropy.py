"""ADVENT's entropy maps and losses."""

import numpy as np
import pytest

from mmseg_uda.models.adaptations import EntropyMinimization, OutputSpaceAdversary
from mmseg_uda.models.losses import entropy_loss
from mmseg_uda.models.ops import self_information
from mmseg_uda.pseudo_labels.image_ranking import RARE_CLASSES, image_entropy, rare_class_factor, split_images

from .outputs import output_from
from .parity import assert_close, cases

ALL = cases('advent_entropy.npz')
LOSSES = [case for case in ALL if 'entropy_loss' in case]
RANKS = [case for case in ALL if 'score' in case]
RTOL = 1e-9


@pytest.mark.parametrize('case', LOSSES, ids=str)
def test_self_information(case):
    maps = self_information(case.tensor('logits').softmax(1))
    assert_close(maps, case['prob_2_entropy'], rtol=RTOL)


@pytest.mark.parametrize('case', LOSSES, ids=str)
def test_discriminator_sees_self_information(case):
    logits = case.tensor('logits')
    adversary = OutputSpaceAdversary(dict(type='OutputDiscriminator'), maps='entropy')
    output = output_from('target', dict(decode=logits), logits.shape[2:])
    assert_close(adversary.visible(output), case['prob_2_entropy'], rtol=RTOL)


@pytest.mark.parametrize('case', LOSSES, ids=str)
def test_entropy_loss_and_gradient(case):
    logits = case.tensor('logits').requires_grad_()
    loss = entropy_loss(logits.softmax(1))
    loss.backward()
    assert_close(loss, case['entropy_loss'], rtol=RTOL)
    assert_close(logits.grad, case['d_entropy_loss'], rtol=RTOL)


@pytest.mark.parametrize('case', LOSSES, ids=str)
def test_minent_total(case):
    target = output_from(
        'target', dict(decode=case.tensor('logits'), aux=case.tensor('logits_aux')), case['logits'].shape[2:]
    )
    adaptations = [EntropyMinimization(0.001), EntropyMinimization(0.0002, level='aux')]
    total = sum(a.loss(None, None, target)['loss_entropy'] for a in adaptations)
    assert_close(total, case['minent_total'], rtol=RTOL)


@pytest.mark.parametrize('case', RANKS, ids=str)
def test_image_ranking(case):
    prob = case.tensor('prob').double()
    scores = image_entropy(prob)
    normalized = scores * rare_class_factor(prob)
    assert_close(scores, case['score'], rtol=RTOL)
    assert_close(normalized, case['score_normalized'], rtol=RTOL)
    for values, suffix in ((scores, ''), (normalized, '_normalized')):
        easy, hard = split_images(values.numpy(), case['lambda'])
        np.testing.assert_array_equal(easy, case[f'easy{suffix}'])
        np.testing.assert_array_equal(hard, case[f'hard{suffix}'])
    easy, _ = split_images(scores.numpy(), case['lambda'], rule='percentile')
    np.testing.assert_array_equal(np.sort(easy), np.sort(case['easy_percentile']))


@pytest.mark.parametrize('case', RANKS, ids=str)
def test_rare_classes(case):
    counted = (1.5 - rare_class_factor(case.tensor('prob'))) * len(RARE_CLASSES)
    np.testing.assert_array_equal(counted.round().long(), case['n_rare'])
