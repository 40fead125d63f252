"""Color jitter and blur from stored draws."""

import pytest
import torch

from mmseg_uda.models.ops import Draws, StrongAugmentation
from mmseg_uda.models.ops import strong_augmentation as ops

from .parity import assert_close, cases

ALL = cases('dacs_augmentation.npz')
JITTER = [case for case in ALL if case.name.startswith('A_')]
BLUR = [case for case in ALL if case.name.startswith('B_')]
FACTORS = ('brightness', 'contrast', 'saturation', 'hue')


def draws_of(case, u_jitter: float, u_blur: float) -> Draws:
    count = len(case['img'])
    if 'hue' in case:
        factors, order = torch.stack([case.tensor(name) for name in FACTORS], dim=1), case['order'].tolist()
    else:
        factors, order = torch.zeros(count, 4), []
    sigma = case['sigma'] if 'sigma' in case.keys() else 1.0  # noqa: SIM118  a Case has no `get`
    return Draws(u_jitter, u_blur, factors, [order] * count, [sigma] * count)


@pytest.mark.parametrize('case', JITTER, ids=str)
def test_jitter(case):
    augment = StrongAugmentation(
        case.tensor('mean'), case.tensor('std'), strength=case['strength'], jitter_above=case['p']
    )
    out = augment(case.tensor('img'), draws_of(case, u_jitter=case['u'], u_blur=0.0))
    assert_close(out, case['out'], rtol=1e-9)


@pytest.mark.parametrize('case', [c for c in JITTER if 'x' in c], ids=str)
def test_each_operation(case):
    for name, adjust in zip(FACTORS, ops.ADJUSTMENTS, strict=True):
        assert_close(adjust(case.tensor('x'), case.tensor(name)), case[f'out_op_{name}'], rtol=1e-9)


@pytest.mark.parametrize('case', BLUR, ids=str)
def test_blur(case):
    augment = StrongAugmentation(torch.zeros(3), torch.ones(3))
    out = augment(case.tensor('img'), draws_of(case, u_jitter=0.0, u_blur=case['u']))
    assert_close(out, case['out'], rtol=1e-9)


@pytest.mark.parametrize('case', [c for c in BLUR if 'sigma' in c], ids=str)
def test_taps(case):
    height, width = case['img'].shape[2:]
    assert_close(ops.gaussian_taps(height, case['sigma']), case['weights_y'], rtol=1e-9)
    assert_close(ops.gaussian_taps(width, case['sigma']), case['weights_x'], rtol=1e-9)
