"""The teacher's parameters in both schedules."""

import numpy as np
import pytest
import torch
from mmengine.registry import PARAM_SCHEDULERS
from torch import nn

from mmseg_uda.models.ops import RampedMovingAverage

from .parity import assert_close, cases


class Parameters(nn.Module):
    def __init__(self, values: torch.Tensor, sizes) -> None:
        super().__init__()
        self.values = nn.ParameterList(values.split([int(size) for size in sizes]))

    def flat(self) -> np.ndarray:
        return np.concatenate([value.detach().numpy() for value in self.values])


@pytest.mark.parametrize('interval', [1, 3])
@pytest.mark.parametrize(('ramp', 'key'), [(1, 'teacher'), (0, 'teacher_dacs')])
@pytest.mark.parametrize('case', cases('dacs_ema.npz'), ids=str)
def test_trajectory(case, ramp, key, interval):
    start = Parameters(case.tensor('teacher_init'), case['sizes'])
    teacher = RampedMovingAverage(start, case['alpha'], ramp, interval)
    for student, expected in zip(case.tensor('student'), case[key], strict=False):
        for _ in range(interval):  # the steps of one accumulated update all see its student
            teacher.update_parameters(Parameters(student, case['sizes']))
            assert_close(teacher.module.flat(), expected, rtol=1e-9)


@pytest.mark.parametrize('case', cases('dacs_ema.npz'), ids=str)
def test_rate_of_dacs(case):
    """MMEngine's schedule with the end that our configs have."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    poly = dict(type='PolyLR', power=0.9, eta_min=0, begin=0, end=250001, by_epoch=False)
    scheduler = PARAM_SCHEDULERS.build(poly, default_args=dict(optimizer=optimizer))
    optimizer.step()
    wanted, rates = set(case['lr_iters'].tolist()), {}
    for i in range(max(wanted) + 1):
        if i in wanted:
            rates[i] = optimizer.param_groups[0]['lr']
        scheduler.step()
    assert_close([rates[i] for i in case['lr_iters']], case['lr_dacs'], rtol=1e-9)
