"""How tools start and end."""

import sys
from argparse import Namespace

import pytest
from torch.utils.data import DataLoader

from mmseg_uda.errors import UserError
from mmseg_uda.utils.command import run_tool
from tests.conftest import ROOT, run_command

TOOLS = sorted(path for path in (ROOT / 'tools').rglob('*.py') if path.name != 'converter_cli.py')


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


@pytest.mark.parametrize('tool', TOOLS, ids=lambda path: path.stem)
def test_help_imports_nothing_heavy(tool):
    code = (
        f'import sys, runpy; sys.argv = [{str(tool)!r}, "--help"]; sys.path.insert(0, {str(tool.parent)!r})\n'
        'try:\n'
        f'    runpy.run_path({str(tool)!r}, run_name="__main__")\n'
        'finally:\n'
        '    print("HEAVY", sorted({"torch", "mmengine", "mmcv", "mmseg", "cv2", "matplotlib"} & set(sys.modules)))\n'
    )
    done = run_command(sys.executable, '-c', code)
    assert 'HEAVY []' in done.stdout and 'usage:' in done.stdout
