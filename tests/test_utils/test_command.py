"""How tools start and end."""

import signal
from argparse import Namespace

import pytest
from torch.utils.data import DataLoader

from mmseg_uda.errors import UserError
from mmseg_uda.utils.command import TURN, run_tool


class Damaged:
    """A data set whose images cannot be read."""

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int):
        raise UserError('a.png is not an image')


def load(args: Namespace, workers: int) -> None:
    list(DataLoader(Damaged(), num_workers=workers))


@pytest.mark.parametrize('workers', [0, 1])
def test_what_a_user_can_mend_is_one_line(workers):
    with pytest.raises(SystemExit) as stopped:
        run_tool(Namespace, lambda args: load(args, workers), stack=False)
    assert stopped.value.code == 'Error: a.png is not an image'


def test_another_rank_leaves_the_message_to_the_first(monkeypatch):
    """It waits its turn, in which the launcher ends it, if rank 0 has the error too."""
    waited = []
    monkeypatch.setattr('time.sleep', waited.append)
    for rank in '01':
        monkeypatch.setenv('RANK', rank)
        with pytest.raises(SystemExit, match=r'^Error: a\.png is not an image$'):
            run_tool(Namespace, lambda args: load(args, 0), stack=False)
    assert waited == [TURN]


@pytest.mark.parametrize('rank, printed', [('0', '\nStopped at 3\n'), ('1', '')])
def test_ctrl_c_is_one_message(monkeypatch, capsys, rank, printed):
    def stop(args: Namespace) -> None:
        raise KeyboardInterrupt('Stopped at 3')

    monkeypatch.setenv('RANK', rank)
    before = signal.getsignal(signal.SIGINT)
    try:
        with pytest.raises(SystemExit) as stopped:
            run_tool(Namespace, stop, stack=False)
    finally:
        signal.signal(signal.SIGINT, before)
    assert stopped.value.code == 130 and capsys.readouterr().err == printed


def test_other_errors_keep_their_traceback():
    with pytest.raises(ValueError, match=r'^a bug$'):
        run_tool(Namespace, lambda args: int_of('a bug'), stack=False)


def int_of(text: str) -> int:
    raise ValueError(text)
