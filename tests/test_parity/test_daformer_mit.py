"""MiT against the official Mix Transformer, its weights through the converter."""

import pytest

from .parity import assert_close, cases
from .released_network import build, load, mit_cfg, official_gradients, probe, stored_weights, weighted_sum

ALL = cases('daformer_mit.npz')
RTOL = 1e-8


@pytest.mark.parametrize(('released_epsilon', 'suffix'), [(True, ''), (False, '_eps6')], ids=['released', 'mmseg'])
@pytest.mark.parametrize('case', ALL, ids=str)
def test_levels(case, released_epsilon, suffix):
    network = build(backbone=mit_cfg(case, released_epsilon)).eval()
    load(network, stored_weights(case), 'mit')
    for i, level in enumerate(network['backbone'](case.tensor('img'))):
        assert_close(level, case[f'f{i}{suffix}'], RTOL)


@pytest.mark.parametrize('case', ALL, ids=str)
def test_gradients(case):
    network = build(backbone=mit_cfg(case)).eval()
    conversion = load(network, stored_weights(case), 'mit')
    images = case.tensor('img').requires_grad_()
    sum(map(weighted_sum, network['backbone'](images))).backward()
    assert_close(images.grad, case['d_img'], RTOL)
    gradients = official_gradients(network, conversion)
    assert gradients.keys() == set(case['param_names'])
    assert_close([gradients[name].norm().item() for name in case['param_names']], case['grad_norm'], RTOL)
    assert_close([probe(gradients[name]) for name in case['param_names']], case['grad_probe'], RTOL)
