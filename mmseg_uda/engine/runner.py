"""MMEngine's Runner, as this package needs it."""

import logging
import os
from functools import partial
from pathlib import Path

import torch
from mmengine.dist import is_main_process
from mmengine.logging import MMLogger
from mmengine.model import is_model_wrapper, revert_sync_batchnorm
from mmengine.optim import OptimWrapper
from mmengine.runner import Runner
from torch import nn
from torch.utils.data import DataLoader

from mmseg_uda.errors import UserError
from mmseg_uda.utils.console import ConsoleFilter, prints_logged
from mmseg_uda.utils.interrupts import interrupts_held

from .checks import check_optim_wrapper
from .hooks.termination_hook import heed_parent_alone


def sync_bn_to_bn(model: nn.Module, logger: logging.Logger) -> nn.Module:
    """The model with BN in place of SyncBN, which works on GPUs only; the log says so if there was any."""
    if any(isinstance(module, nn.SyncBatchNorm) for module in model.modules()):
        logger.info('SyncBN needs GPUs: its layers are BN here, with statistics of each process')
    return revert_sync_batchnorm(model)


class UDARunner(Runner):
    """MMEngine's Runner with a readable console, complete checkpoints, and BN for SyncBN where there is no GPU."""

    def wrap_model(self, model_wrapper_cfg: dict | None, model: nn.Module) -> nn.Module:
        """MMEngine's, which leaves SyncBN in distributed runs on a CPU, where it does not work."""
        if self.distributed and not torch.cuda.is_available():
            model = sync_bn_to_bn(model, self.logger)
        return super().wrap_model(model_wrapper_cfg, model)

    def build_optim_wrapper(self, optim_wrapper: dict | OptimWrapper) -> OptimWrapper:
        """MMEngine's, unless it would train discriminators with the segmentor's optimiser."""
        if isinstance(optim_wrapper, dict):
            check_optim_wrapper(optim_wrapper, self.model.module if is_model_wrapper(self.model) else self.model)
        return super().build_optim_wrapper(optim_wrapper)

    def build_logger(self, *args, **kwargs) -> MMLogger:
        """MMEngine's logger, whose screen handler leaves the long records to the log file."""
        logger = super().build_logger(*args, **kwargs)
        for handler in logger.handlers:
            if not isinstance(handler, logging.FileHandler):
                handler.addFilter(ConsoleFilter())
        return logger

    @staticmethod
    def build_dataloader(*args, **kwargs) -> DataLoader:
        """MMEngine's, whose loading processes outlive a SIGTERM to all processes until this one ends."""
        loader = Runner.build_dataloader(*args, **kwargs)
        loader.worker_init_fn = partial(heed_parent_alone, loader.worker_init_fn)
        return loader

    def save_checkpoint(self, out_dir: str, filename: str, *args, **kwargs) -> None:
        """MMEngine's, but the file gets its name when it is complete."""
        if '://' in str(out_dir):
            super().save_checkpoint(out_dir, filename, *args, **kwargs)
            return
        path = Path(out_dir, filename)
        aside = path.with_name(f'.{path.name}.part')
        try:
            with interrupts_held():
                super().save_checkpoint(out_dir, aside.name, *args, **kwargs)
                if is_main_process():
                    os.replace(aside, path)
        except OSError as error:
            aside.unlink(missing_ok=True)
            raise UserError(f'{path} could not be written: {error}. The checkpoints before it are whole') from error

    def load_checkpoint(self, *args, **kwargs) -> dict:
        """MMEngine's, which prints what does not fit; here it is logged."""
        with prints_logged(self.logger):
            return super().load_checkpoint(*args, **kwargs)
