"""SIGTERM, by which schedulers take a machine back: save, and end."""

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import torch
from mmengine.device import get_device
from mmengine.dist import all_reduce, is_distributed
from mmengine.hooks import CheckpointHook, Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner

from ..checkpoint_files import latest_checkpoint

STATUS = 128 + signal.SIGTERM
"""Exit status after SIGTERM, as shells have it."""


class Terminated(SystemExit):
    """A run that ends because it got SIGTERM."""


@HOOKS.register_module()
class TerminationHook(Hook):
    """End a run at SIGTERM with a checkpoint from which it goes on exactly; the exit status is 143.

    A training step is finished first, and an accumulation of steps up to its update; several ranks agree on which, in a
    reduction of one number a step. What comes before the first step, validation and labelling, which may take long, end
    at once: :meth:`save` then saves the state after the last step. Where checkpoints are of epochs nothing is saved,
    and the run goes on from the last one.

    Attributes:
        asked: Whether there was a SIGTERM.
        done: Iterations that are done.
    """

    priority = 95  # after CheckpointHook, before PseudoLabelHook

    def __init__(self) -> None:
        self.asked = False
        self._at_once = True
        self.done = 0
        self._is_between_updates = False
        self._before_run = None

    def before_run(self, runner: Runner) -> None:
        """Listen; until the run has ended SIGTERM does no more than this class says."""
        wrapper = getattr(runner.optim_wrapper, 'counter', runner.optim_wrapper)
        self._counts = getattr(wrapper, '_accumulative_counts', 1)
        if threading.current_thread() is threading.main_thread():
            self._before_run = signal.signal(signal.SIGTERM, lambda *_: self._ask())

    def after_run(self, runner: Runner) -> None:
        """SIGTERM does again what it did before, such as ending the process while the next stage is made ready."""
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, self._before_run or signal.SIG_DFL)
        self.end_at_once()

    def before_train_epoch(self, runner: Runner) -> None:
        """See where training begins."""
        self.done = runner.iter

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch=None) -> None:
        """A step begins, whose end SIGTERM waits for; an error in it leaves nothing to save."""
        self._at_once = self._is_between_updates = False

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch=None, outputs=None) -> None:
        """Save and end, if a rank was asked to."""
        self.done = runner.iter + 1
        self._is_between_updates = self.done % self._counts == 0 or self.done == runner.max_iters
        if self._is_between_updates and self._agreed():
            self.save(runner)
            raise Terminated(STATUS)

    def before_val(self, runner: Runner) -> None:
        """A validation ends at once."""
        self.end_at_once()

    def end_at_once(self) -> None:
        """Until the next step begins SIGTERM ends the run at once; now, if there was one."""
        self._at_once = True
        if self.asked:
            raise Terminated(STATUS)

    def save(self, runner: Runner) -> None:
        """Save the state after the last step, unless it was saved; nothing in the middle of a step or accumulation."""
        hook = next((hook for hook in runner.hooks if isinstance(hook, CheckpointHook)), None)
        if not self._is_between_updates or hook is None or hook.by_epoch:
            return
        # A file of this name may be an earlier run's.
        if Path(latest_checkpoint(runner.work_dir) or '').name != hook.filename_tmpl.format(self.done):
            hook._save_checkpoint_with_step(runner, self.done, meta=dict(epoch=runner.epoch, iter=self.done))

    def _ask(self) -> None:
        self.asked, first = True, not self.asked
        if first and self._at_once:
            raise Terminated(STATUS)

    def _agreed(self) -> bool:
        """Whether any rank was asked to end."""
        if not is_distributed():
            return self.asked
        asked = torch.tensor(int(self.asked), device=get_device())
        all_reduce(asked, op='max')
        return bool(asked)


def heed_parent_alone(init: Callable[[int], None] | None, worker_id: int) -> None:
    """Initialise a loading process that SIGTERM ends only where it comes from the process that it loads for.

    One sent to all processes would end it too, and torch then raises an error at whatever line the training is.
    (Only Linux tells who sent a signal.)

    Args:
        init: What else initialises it.
        worker_id: Its number.
    """
    if hasattr(signal, 'sigwaitinfo'):
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
        threading.Thread(target=_end_at_parents_sigterm, daemon=True).start()
    if init is not None:
        init(worker_id)


def _end_at_parents_sigterm() -> None:
    while signal.sigwaitinfo([signal.SIGTERM]).si_pid != os.getppid():
        pass
    os._exit(0)


def termination_hook(runner: Runner) -> TerminationHook | None:
    """The one of a run; None where a config has removed it."""
    return next((hook for hook in runner.hooks if isinstance(hook, TerminationHook)), None)
