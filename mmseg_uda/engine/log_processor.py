"""The training line of the log."""

import resource

import torch
from mmengine.registry import LOG_PROCESSORS
from mmengine.runner import LogProcessor


@LOG_PROCESSORS.register_module()
class UDALogProcessor(LogProcessor):
    """MMEngine's line, with the process's peak memory (MB) also where there is no GPU."""

    def get_log_after_iter(self, runner, batch_idx: int, mode: str) -> tuple[dict, str]:
        """See MMEngine."""
        tag, line = super().get_log_after_iter(runner, batch_idx, mode)
        if mode == 'train' and not torch.cuda.is_available():
            tag['memory'] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            line += f'  memory: {tag["memory"]}'
        return tag, line
