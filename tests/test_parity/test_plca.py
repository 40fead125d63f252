"""PLCA's losses, their gradients and its test-time aggregation."""

import numpy as np
import pytest
import torch
from torch.nn.functional import conv2d, cross_entropy, interpolate

from mmseg_uda.models.losses import (
    adaptive_label_smoothing_loss,
    cycle_association_loss,
    lovasz_softmax_loss,
)
from mmseg_uda.models.ops import aggregate_spatially, find_cycles, nearest_labels

from .parity import assert_close, cases

ALL = cases('plca.npz')
ASSOCIATIONS = [case for case in ALL if 'x1' in case]
TOTALS = [case for case in ALL if 'total' in case]
EDGES = [case for case in ALL if 'lovasz_allignored' in case]
RTOL = 1e-9

AGGREGATION = dict(cos_noagg=None, cos_agg=True, kl_noagg=None, kl_agg=False, kl_aggpaper=True)
"""Contrast normalisation of each variant's aggregation; None: no aggregation."""


def labels_of(case, key: str) -> torch.Tensor:
    return case.tensor(key, dtype=torch.long)


def upsample(maps, size):
    return interpolate(maps, size=tuple(size), mode='bilinear', align_corners=False)


VARIANTS = [(case, variant) for case in ASSOCIATIONS for variant in AGGREGATION if f'{variant}_loss' in case]


@pytest.mark.parametrize(('case', 'variant'), VARIANTS, ids=str)
def test_association(case, variant):
    similarity = variant.split('_')[0].replace('cos', 'cosine')
    inputs = ('p1', 'p2') if similarity == 'kl' else ('x1', 'x2')
    source, target = (case.tensor(key).requires_grad_() for key in inputs)
    labels = labels_of(case, 'gt' if 'gt' in case else f'{variant}_gt')
    aggregated = target
    if AGGREGATION[variant] is not None:
        aggregated = aggregate_spatially(target, similarity, case['alpha'], contrast=AGGREGATION[variant])
        assert_close(aggregated, case[f'{variant}_x2agg'], rtol=RTOL)
    cycles = find_cycles(source, aggregated, similarity)
    np.testing.assert_array_equal(cycles.target, case[f'{variant}_mid'])
    np.testing.assert_array_equal(cycles.source, case[f'{variant}_cyc'])
    assert_close(cycles.log_prob.exp().view_as(labels), case[f'{variant}_p'], rtol=RTOL)
    loss, valid = cycle_association_loss(source, aggregated, labels, similarity)
    loss.backward()
    np.testing.assert_array_equal(valid, case[f'{variant}_valid'])
    assert_close(loss, case[f'{variant}_loss'], rtol=RTOL)
    assert_close(source.grad, case[f'{variant}_dx1'], rtol=RTOL)
    assert_close(target.grad, case[f'{variant}_dx2'], rtol=RTOL)


@pytest.mark.parametrize(
    ('key', 'arguments'),
    [('lsr', {}), ('lsr_nodetach', dict(detach_weight=False)), ('lsr_thres0', dict(threshold=None))],
)
@pytest.mark.parametrize('case', TOTALS, ids=str)
def test_label_smoothing(case, key, arguments):
    logits = case.tensor('logits_S').requires_grad_()
    loss = adaptive_label_smoothing_loss(logits, **arguments)
    loss.backward()
    assert_close(loss, case['lsr' if key == 'lsr_nodetach' else key], rtol=RTOL)
    if f'{key}_dlogits' in case:
        assert_close(logits.grad, case[f'{key}_dlogits'], rtol=RTOL)


@pytest.mark.parametrize(
    ('key', 'arguments'),
    [('lovasz', {}), ('lovasz_all', dict(classes='all')), ('lovasz_perimage', dict(per_image=True))],
)
@pytest.mark.parametrize('case', TOTALS, ids=str)
def test_lovasz(case, key, arguments):
    logits, labels = case.tensor('logits_S').requires_grad_(), labels_of(case, 'gt_S')
    prob = upsample(logits, labels.shape[1:]).softmax(dim=1)
    prob.retain_grad()
    loss = lovasz_softmax_loss(prob, labels, **arguments)
    loss.backward()
    assert_close(loss, case[key], rtol=RTOL)
    if key == 'lovasz':
        assert_close(logits.grad, case['lovasz_dlogits'], rtol=RTOL)
        assert_close(prob.grad[:, :, ::3, ::3], case['lovasz_dprobs'], rtol=RTOL)


@pytest.mark.parametrize('case', EDGES, ids=str)
def test_lovasz_on_one_and_no_valid_pixel(case):
    prob, labels = case.tensor('probs').requires_grad_(), labels_of(case, 'gt1')
    assert_close(lovasz_softmax_loss(prob, labels), case['lovasz1'], rtol=RTOL)
    loss = lovasz_softmax_loss(prob, torch.full_like(labels, 255))
    loss.backward()
    assert loss.item() == case['lovasz_allignored'] and not prob.grad.any()


@pytest.mark.parametrize('case', TOTALS, ids=str)
def test_total(case):
    """Eq. 14, from the losses as the adaptations put them together."""
    names = ('logits_S', 'logits_T', 'feats_S', 'feats_T')
    inputs = {name: case.tensor(name).requires_grad_() for name in names}
    labels = labels_of(case, 'gt_S')
    small = nearest_labels(labels, inputs['logits_S'].shape[2:])
    np.testing.assert_array_equal(small, case['gt_small'])
    up = upsample(inputs['logits_S'], labels.shape[1:])
    prob_s, prob_t = (inputs[f'logits_{domain}'].softmax(dim=1) for domain in 'ST')
    terms = dict(
        ce=cross_entropy(up, labels, ignore_index=255),
        lovasz=lovasz_softmax_loss(up.softmax(dim=1), labels),
        asso_feat=cycle_association_loss(inputs['feats_S'], aggregate_spatially(inputs['feats_T']), small)[0],
        asso_cls=cycle_association_loss(
            prob_s, aggregate_spatially(prob_t, 'kl', contrast=False), small, 'kl'
        )[0],
        lsr_S=adaptive_label_smoothing_loss(inputs['logits_S']),
        lsr_T=adaptive_label_smoothing_loss(inputs['logits_T']),
    )  # fmt: skip
    for key, value in terms.items():
        assert_close(value, case[key], rtol=RTOL)
    supervised = terms['ce'] + 0.75 * terms['lovasz']
    assert_close(supervised, case['ce_plus_lov'], rtol=RTOL)
    total = supervised + 0.1 * (terms['asso_feat'] + terms['asso_cls']) + 0.01 * (terms['lsr_S'] + terms['lsr_T'])
    total.backward()
    assert_close(total, case['total'], rtol=RTOL)
    for name in names:
        assert_close(inputs[name].grad, case[f'total_d{name}'], rtol=RTOL)


@pytest.mark.parametrize('case', TOTALS, ids=str)
def test_aggregation_at_test(case):
    features = aggregate_spatially(case.tensor('feats_T'))
    assert_close(features, case['tta_feats'], rtol=RTOL)
    prob = conv2d(features, case.tensor('tta_cls_w')[:, :, None, None]).softmax(dim=1)
    assert_close(prob, case['tta_probs_pre'], rtol=RTOL)
    for reading, contrast in (('official', False), ('paper', True)):
        aggregated = aggregate_spatially(prob, 'kl', contrast=contrast)
        assert_close(aggregated, case[f'tta_probs_{reading}'], rtol=RTOL)
        if reading == 'official':
            up = upsample(aggregated, case['gt_S'].shape[1:])
            assert_close(up[:, :, ::3, ::3], case['tta_up'], rtol=RTOL)
