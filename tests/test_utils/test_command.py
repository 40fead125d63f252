"""How tools start and end."""

from argparse import Namespace

import pytest
from torch.utils.data import DataLoader

from mmseg_uda.errors import UserError
from mmseg_uda.utils.command import run_tool


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


def test_other_errors_keep_their_traceback():
    with pytest.raises(ValueError, match=r'^a bug$'):
        run_tool(Namespace, lambda args: int_of('a bug'), stack=False)


def int_of(text: str) -> int:
    raise ValueError(text)
