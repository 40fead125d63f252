"""SIGTERM in runs of MMEngine's own Runner; of whole commands: tests/test_end_to_end/test_how_runs_end.py."""

import signal
from pathlib import Path

import pytest
import torch
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch import nn

from mmseg_uda.engine.hooks.termination_hook import Terminated, TerminationHook

LOOPS = dict(
    iterations=dict(type='IterBasedTrainLoop', max_iters=6),
    epochs=dict(type='EpochBasedTrainLoop', max_epochs=2),
)


class Net(BaseModel):
    """Gets SIGTERM in the step of this number, after which it may fail."""

    def __init__(self, step: int, fails: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))
        self.left, self.fails = step, fails

    def forward(self, inputs: torch.Tensor, mode: str) -> dict[str, torch.Tensor]:
        self.left -= 1
        if self.left == 0:
            signal.raise_signal(signal.SIGTERM)
            if self.fails:
                raise RuntimeError('the other rank has ended')
        return dict(loss=(self.weight * inputs.float()).mean())


class Images(torch.utils.data.Dataset):
    """Three, the loading of one of which may get SIGTERM."""

    def __init__(self, terminated: int | None = None) -> None:
        self.terminated = terminated

    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: int) -> torch.Tensor:
        if index == self.terminated:
            signal.raise_signal(signal.SIGTERM)
        return torch.ones(1)


@pytest.fixture
def runner_of(tmp_path):
    before = signal.getsignal(signal.SIGTERM)

    def build(step: int = 0, loop: str = 'iterations', fails: bool = False, counts: int = 1, terminated=None) -> Runner:
        return Runner(
            model=Net(step, fails),
            work_dir=str(tmp_path),
            train_dataloader=dict(
                dataset=Images(terminated), batch_size=1, sampler=dict(type='DefaultSampler', shuffle=False)
            ),
            train_cfg=dict(LOOPS[loop]),
            optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1), accumulative_counts=counts),
            default_hooks=dict(
                logger=None,
                checkpoint=dict(type='CheckpointHook', interval=100, by_epoch=loop == 'epochs'),
                termination=dict(type='TerminationHook'),
            ),
            experiment_name=tmp_path.name,
            log_level='ERROR',
        )

    yield build
    signal.signal(signal.SIGTERM, before)


def hook_of(runner: Runner) -> TerminationHook:
    return next(hook for hook in runner.hooks if isinstance(hook, TerminationHook))


def checkpoints(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob('*.pth'))


@pytest.mark.parametrize(('step', 'counts', 'saved'), [(2, 1, 2), (3, 2, 4)])
def test_the_update_is_finished_and_saved(runner_of, tmp_path, step, counts, saved):
    """Of MMEngine's optimiser wrapper too, which accumulates by itself."""
    with pytest.raises(Terminated):
        runner_of(step, counts=counts).train()
    assert checkpoints(tmp_path) == [f'iter_{saved}.pth']


def test_a_file_of_that_name_of_an_earlier_run_is_replaced(runner_of, tmp_path):
    (tmp_path / 'iter_2.pth').write_text('of an earlier run')
    with pytest.raises(Terminated):
        runner_of(2).train()
    assert torch.load(tmp_path / 'iter_2.pth', weights_only=False)['meta']['iter'] == 2


def test_a_step_that_failed_is_not_saved(runner_of, tmp_path):
    """What the model keeps, such as BatchNorm statistics, may have seen it."""
    runner = runner_of(3, fails=True)
    with pytest.raises(RuntimeError):
        runner.train()
    hook = hook_of(runner)
    assert hook.asked
    hook.save(runner)
    assert checkpoints(tmp_path) == []


def test_in_an_epoch_nothing_is_saved(runner_of, tmp_path):
    """MMEngine would go on from it with the next epoch."""
    with pytest.raises(Terminated):
        runner_of(2, loop='epochs').train()
    assert checkpoints(tmp_path) == []


def test_the_first_images_are_not_waited_for(runner_of, tmp_path):
    """MMEngine goes through all that a resumed run has had before."""
    with pytest.raises(Terminated):
        runner_of(terminated=0).train()
    assert checkpoints(tmp_path) == []


def test_between_runs_it_acts_as_before(runner_of):
    heard = []
    signal.signal(signal.SIGTERM, lambda *_: heard.append(True))
    runner_of().train()
    signal.raise_signal(signal.SIGTERM)
    assert heard


def test_it_is_heard_at_the_end_of_a_run(runner_of):
    runner = runner_of()
    runner.register_hook(Late())
    with pytest.raises(Terminated):
        runner.train()


class Late(TerminationHook):
    """Sends SIGTERM when training has ended."""

    def before_run(self, runner) -> None: ...
    def after_run(self, runner) -> None: ...
    def before_train_iter(self, *args, **kwargs) -> None: ...
    def after_train_iter(self, *args, **kwargs) -> None: ...

    def after_train(self, runner) -> None:
        signal.raise_signal(signal.SIGTERM)
