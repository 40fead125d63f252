"""Schedules that count updates."""

from mmengine.hooks import ParamSchedulerHook
from mmengine.registry import HOOKS


@HOOKS.register_module()
class UpdateParamSchedulerHook(ParamSchedulerHook):
    """Advance schedules once per update of the weights, where MMEngine's hook counts micro-steps of an accumulation."""

    def after_train_iter(self, runner, batch_idx: int, data_batch=None, outputs=None) -> None:
        """Step the schedules if this iteration ended with an update."""
        if runner.optim_wrapper.should_update():
            super().after_train_iter(runner, batch_idx, data_batch, outputs)
