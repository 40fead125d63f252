"""Pixel-weighted cross entropy in both normalizations; the one over all pixels is MMSeg's default too."""

import pytest
from mmseg.models.utils import resize
from mmseg.registry import MODELS

from mmseg_uda.models.losses import weighted_cross_entropy

from .parity import assert_close, cases

ALL = cases('dacs_pixel_loss.npz')


def gradient_of(case, loss_of, align_corners: bool):
    logits = case.tensor('logits').requires_grad_()
    labels = case.tensor('label').long()
    loss = loss_of(resize(logits, labels.shape[1:], mode='bilinear', align_corners=align_corners), labels)
    loss.backward()
    return loss, logits.grad


def mmseg_loss(avg_non_ignore: bool):
    loss = MODELS.build(dict(type='CrossEntropyLoss', avg_non_ignore=avg_non_ignore))
    return lambda logits, labels, weight=None: loss(logits, labels, weight=weight, ignore_index=255)


@pytest.mark.parametrize('case', ALL, ids=str)
def test_over_all_pixels(case):
    weights = case.tensor('weight') if 'weight' in case else None
    for loss_of in (weighted_cross_entropy, mmseg_loss(avg_non_ignore=False)):
        for key, align_corners in (('loss', False), ('mixed_dacs', True)):
            loss, gradient = gradient_of(case, lambda z, y, loss_of=loss_of: loss_of(z, y, weights), align_corners)
            assert_close(loss, case[key], rtol=1e-9)
            assert_close(gradient, case[f'd_{key}'], rtol=1e-9)


@pytest.mark.parametrize('case', [c for c in ALL if 'source_dacs' in c], ids=str)
def test_over_labeled_pixels(case):
    loss, gradient = gradient_of(case, mmseg_loss(avg_non_ignore=True), align_corners=True)
    assert_close(loss, case['source_dacs'], rtol=1e-9)
    assert_close(gradient, case['d_source_dacs'], rtol=1e-9)
