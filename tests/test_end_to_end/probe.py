"""Hooks that tests put into real runs: record every rank's weights at the end, stop a run in its middle."""

import os
from pathlib import Path

import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.registry import HOOKS


@HOOKS.register_module()
class RecordWeights(Hook):
    """Save this rank's model as ``<work_dir>/rank<r>.pth`` when training ends."""

    priority = 'VERY_LOW'

    def after_train(self, runner) -> None:
        model = getattr(runner.model, 'module', runner.model)
        torch.save(model.state_dict(), Path(runner.work_dir) / f'rank{get_rank()}.pth')


@HOOKS.register_module()
class StopAt(Hook):
    """End the process without notice after the iterations that STOP_AT names as ``<part of work_dir>:<iterations>``."""

    priority = 'VERY_LOW'

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None) -> None:
        where, _, iterations = os.environ.get('STOP_AT', 'never:0').partition(':')
        if where in runner.work_dir and runner.iter + 1 == int(iterations):
            os._exit(9)
