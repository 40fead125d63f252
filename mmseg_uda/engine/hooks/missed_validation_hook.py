"""The validation that a resumed run has not had."""

from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import IterBasedTrainLoop, Runner


@HOOKS.register_module()
class MissedValidationHook(Hook):
    """Validate a resumed run before its first step if that was due where it stopped.

    A checkpoint is written before the validation of its iteration, and holds neither its result nor the best one so
    far if that is it. Whether it was interrupted cannot be told, so it is made again.
    """

    def before_train_epoch(self, runner: Runner) -> None:
        """Validate; when all hooks are ready, and before any training."""
        loop = runner.train_loop
        if not isinstance(loop, IterBasedTrainLoop) or runner.val_loop is None or loop.iter == 0:
            return
        loop._decide_current_val_interval()
        if loop.iter >= loop.val_begin and (loop.iter % loop.val_interval == 0 or loop.iter == loop.max_iters):
            runner.val_loop.run()
