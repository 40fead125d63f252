"""The log's hook, which leaves files to one process."""

from mmengine.dist import master_only
from mmengine.hooks import LoggerHook
from mmengine.registry import HOOKS


@HOOKS.register_module()
class UDALoggerHook(LoggerHook):
    """MMEngine's, where rank 0 alone writes the results of a test; there every rank writes the same file."""

    @master_only
    def after_test_epoch(self, runner, metrics: dict[str, float] | None = None) -> None:
        """See MMEngine."""
        super().after_test_epoch(runner, metrics)
