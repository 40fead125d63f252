"""CBST's thresholds and labels, CRST's soft labels and regularized losses."""

import numpy as np
import pytest
import torch

from mmseg_uda.models.losses import kld_loss, pseudo_label_loss, soft_label_loss
from mmseg_uda.models.ops import lrent
from mmseg_uda.pseudo_labels.histogram import ConfidenceHistogram
from mmseg_uda.pseudo_labels.selectors import DASTSelector

from ..test_pseudo_labels import sorting
from .parity import assert_close, cases
from .test_dast_pseudo_labels import BIN, assert_labels, stream

LABELS = [case for case in cases('crst.npz') if 'prob' in case]
LOSSES = [case for case in cases('crst.npz') if 'logits' in case]
RTOL = 1e-9


@pytest.mark.parametrize('stride', [4, 1])
@pytest.mark.parametrize('case', LABELS, ids=str)
def test_cbst(case, stride):
    prob, wanted = case['prob'], case[f'thr_ds{stride}']
    thresholds, label = sorting.dast(prob, case['portion'], np.inf, stride)
    np.testing.assert_array_equal(thresholds, wanted)
    np.testing.assert_array_equal(label, case[f'hard_ds{stride}'])

    thresholds, label = stream(DASTSelector(case['portion'], cap=None, stride=stride), prob)
    np.testing.assert_allclose(thresholds, wanted, rtol=0, atol=BIN)
    assert_labels(label, case[f'hard_ds{stride}'], sorting.near_weighted(prob, wanted))


@pytest.mark.parametrize('case', LABELS, ids=str)
def test_rare_classes_follow_from_the_counts(case):
    """The sizes that CRST's sampling of rare classes starts from are the histogram's."""
    histogram = ConfidenceHistogram(case['prob'].shape[1], stride=4)
    confidence, label = torch.from_numpy(case['prob']).max(1)
    histogram.update(label, confidence)
    pixels = histogram.pixels.double().numpy()
    np.testing.assert_array_equal(pixels, case['pred_cls_num'])
    share = pixels / pixels.sum()
    order = np.argsort(share)
    np.testing.assert_array_equal(order[: len(case['rare_id'])], case['rare_id'])
    np.testing.assert_array_equal(order[share[order] < 1e-3], case['mine_id'])


@pytest.mark.parametrize('case', LABELS, ids=str)
def test_lrent(case):
    """Soft labels and masks; the released ones are float32."""
    soft, margin = lrent(case.tensor('prob').double(), case.tensor('thr_ds4'), case['lr_weight_ent'])
    assert_close(soft, case['lrent_soft'], rtol=1e-5)
    assert_close(margin, case['lrent_margin'], rtol=RTOL)
    hard = torch.where(margin > 0, soft.argmax(1), 255).numpy()
    clear = np.abs(case['lrent_margin']) > 1e-6
    np.testing.assert_array_equal(hard[clear], case['lrent_hard'][clear])


def test_lrent_of_small_temperatures_is_cbst():
    prob = torch.rand(2, 5, 4, 4, generator=torch.Generator().manual_seed(0)).softmax(1).double()
    thresholds = np.array([0.25, 0.3, 0.35, 0.25, 0.3])
    soft, margin = lrent(prob, torch.from_numpy(thresholds), 1e-4)
    hard = torch.where(margin > 0, soft.argmax(1), 255)
    expected = DASTSelector(cap=None).label(prob, thresholds)
    np.testing.assert_array_equal(hard, expected)
    assert (hard == 255).any() and (hard != 255).any()


def losses_of(case, logits):
    """The released and the paper's losses from the parts that the library offers."""
    labels, soft, weight = case.tensor('labels').long(), case.tensor('soft'), case['mr_weight_kld']
    as_released, labelled = case.tensor('reg_weights'), labels != 255
    as_printed = (as_released != 0).to(logits)
    return dict(
        hard_ce_only=pseudo_label_loss(logits, labels),
        mrkld_official=pseudo_label_loss(logits, labels) + weight * kld_loss(logits, labelled, as_released),
        mrkld_paper=pseudo_label_loss(logits, labels) + weight * kld_loss(logits, labelled, as_printed),
        soft_ce_only=soft_label_loss(logits, soft),
        soft_official=soft_label_loss(logits, soft) + weight * kld_loss(logits, soft.sum(1) != 0, as_released),
    )


@pytest.mark.parametrize(
    'name', ['hard_ce_only', 'mrkld_official', 'mrkld_paper', 'soft_ce_only', 'soft_official'], ids=str
)
@pytest.mark.parametrize('case', LOSSES, ids=str)
def test_losses_and_gradients(case, name):
    logits = case.tensor('logits').requires_grad_()
    loss = losses_of(case, logits)[name]
    loss.backward()
    assert_close(loss, case[name], rtol=RTOL)
    assert_close(logits.grad, case[f'd_{name}'], rtol=RTOL)


@pytest.mark.parametrize('case', LOSSES, ids=str)
def test_released_weight_is_squared(case):
    """Where all images are target images, the released term is the paper's with the weight squared."""
    logits, labelled, weight = case.tensor('logits'), case.tensor('labels') != 255, case['mr_weight_kld']
    released = weight * kld_loss(logits, labelled, torch.full((len(logits),), weight, dtype=torch.float64))
    assert_close(released, weight**2 * kld_loss(logits, labelled), rtol=RTOL)
