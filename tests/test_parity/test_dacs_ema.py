"""The teacher's parameters in both schedules."""

import numpy as np
import pytest
import torch
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
    """DACS's rate is ``PolyLR(power=0.9, end=T + 1)``, as the other methods' here."""
    expected = (1 - np.asarray(case['lr_iters']) / 250000) ** 0.9
    assert_close(expected, case['lr_dacs'], rtol=1e-9)
