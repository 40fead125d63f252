"""A validation that is due where a run resumes is made before its first step, and no other."""

from types import SimpleNamespace

import pytest
from mmengine.runner import IterBasedTrainLoop
from torch.utils.data import DataLoader

from mmseg_uda.engine.hooks import MissedValidationHook


@pytest.mark.parametrize('iteration, begin, due', [(0, 1, 0), (3, 1, 0), (4, 1, 1), (4, 5, 0), (8, 5, 1), (10, 1, 1)])
def test_where_it_was_due(iteration, begin, due):
    validated = []
    runner = SimpleNamespace(
        visualizer=SimpleNamespace(), val_loop=SimpleNamespace(run=lambda: validated.append(iteration))
    )
    loop = IterBasedTrainLoop(runner, DataLoader(range(3)), max_iters=10, val_begin=begin, val_interval=4)
    loop._iter, runner.train_loop = iteration, loop
    MissedValidationHook().before_train_epoch(runner)
    assert len(validated) == due
    runner.val_loop = None
    MissedValidationHook().before_train_epoch(runner)
