"""The loop that steps are measured against trains the same weights."""

import sys

import pytest
import torch
from mmengine.optim import build_optim_wrapper

from tests.conftest import ROOT
from tests.test_engine.nets import ADVERSARY, ATTENTION, build_segmentor, pair_batch
from tests.test_engine.test_joint_optim_wrapper import OPTIM


@pytest.fixture
def loop(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / 'tools' / 'benchmarks'))
    import alternating_loop

    yield alternating_loop
    del sys.modules['alternating_loop']


@pytest.mark.parametrize(
    'adaptations',
    [
        dict(attention=ATTENTION, corrector=dict(ADVERSARY, kind='ls')),
        dict(adversary=dict(ADVERSARY, maps='entropy')),
    ],
    ids=['dast', 'advent'],
)
def test_alternating_loop_trains_the_same_weights(loop, adaptations):
    alternating, joint = (build_segmentor(**adaptations).double().train() for _ in range(2))
    assert loop.can_alternate(joint)
    a, b = (build_optim_wrapper(model, dict(OPTIM)) for model in (alternating, joint))
    for seed in range(5):
        loop.alternating_step(alternating, a.optim_wrappers.values(), pair_batch(seed))
        joint.train_step(pair_batch(seed), b)
    start = build_segmentor(**adaptations).double().state_dict()
    for name, value in joint.state_dict().items():
        torch.testing.assert_close(alternating.state_dict()[name], value, rtol=1e-10, atol=1e-12)
        if name.endswith('weight'):
            assert not torch.equal(value, start[name]), name


def test_a_method_without_such_a_loop_is_left_out(loop):
    assert not loop.can_alternate(build_segmentor(a=ADVERSARY, b=dict(type='EntropyMinimization')))
