"""The same BatchNorm statistics on all ranks where it matters."""

from mmengine.hooks import Hook
from mmengine.registry import HOOKS

from mmseg_uda.utils.distributed import broadcast_norm_statistics


@HOOKS.register_module()
class SyncNormStatisticsHook(Hook):
    """Broadcast BatchNorm statistics from rank 0 before training (eval-mode stages use them) and before validation."""

    def before_train(self, runner) -> None:
        """Ranks start equal."""
        broadcast_norm_statistics(runner.model)

    def before_val_epoch(self, runner) -> None:
        """All ranks validate the same model, the one that rank 0 saves."""
        broadcast_norm_statistics(runner.model)
