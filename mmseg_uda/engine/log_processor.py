"""The lines of the log."""

import re
import sys

import torch
from mmengine.registry import LOG_PROCESSORS
from mmengine.runner import LogProcessor


def peak_memory() -> int | None:
    """Most memory this process ever held, in MB; None where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    unit = 2**20 if sys.platform == 'darwin' else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit


@LOG_PROCESSORS.register_module()
class UDALogProcessor(LogProcessor):
    """MMEngine's lines, with the process's peak memory (MB) also where there is no GPU, and without IoUs of classes.

    The metric's table has those; ``scalars.json`` has them with all digits.
    """

    def get_log_after_iter(self, runner, batch_idx: int, mode: str) -> tuple[dict, str]:
        """See MMEngine."""
        tag, line = super().get_log_after_iter(runner, batch_idx, mode)
        if mode == 'train' and not torch.cuda.is_available() and (memory := peak_memory()) is not None:
            tag['memory'] = memory
            line += f'  memory: {memory}'
        return tag, line

    def get_log_after_epoch(self, runner, batch_idx: int, mode: str, with_non_scalar: bool = False) -> tuple[dict, str]:
        """See MMEngine."""
        tag, line = super().get_log_after_epoch(runner, batch_idx, mode, with_non_scalar)
        return tag, re.sub(r'IoU\.[^:]+: \S+\s*', '', line)
