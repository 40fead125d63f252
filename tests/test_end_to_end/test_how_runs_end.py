"""Ctrl-C, what a user can mend, and MMSeg's own training tool: one message, on one process and on two."""

import os
import re
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.conftest import ROOT, run_command
from tests.test_tools.mini_runs import write_config

ONE, TWO = ['python', 'tools/train.py'], ['bash', 'tools/dist_train.sh']
LONG = ['--cfg-options', 'train_cfg.max_iters=1000', 'default_hooks.checkpoint.interval=2']


@pytest.fixture(scope='module')
def config(minicity, tmp_path_factory) -> Path:
    """A config with a stage, of the smallest step there is."""
    path = tmp_path_factory.mktemp('ends') / 'own.py'
    return write_config(path, 'source_only/source_only_mini_gta2cs.py', minicity, False, stages='dict(only=dict())')


def interrupted(words: list) -> tuple[int, str]:
    """Exit status and output of a command that gets Ctrl-C after three iterations, as from a terminal."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ['PATH']])
    running = subprocess.Popen(
        [str(word) for word in words],
        cwd=ROOT,
        env={**os.environ, 'PATH': path, 'OMP_NUM_THREADS': '1'},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    lines = []
    for line in running.stdout:
        lines.append(line)
        if '[   3/1000]' in line:
            os.killpg(running.pid, signal.SIGINT)
    return running.wait(), ''.join(lines)


def test_ctrl_c_says_where_it_stopped_and_what_goes_on(config, tmp_path):
    status, text = interrupted([*ONE, config, '--work-dir', tmp_path, *LONG])
    assert status == 130
    run = f'{tmp_path}/00_only'
    said = rf'Interrupted at iteration \d+ of {run}; the same command goes on from {run}/iter_\d+\.pth'
    assert re.fullmatch(said, text.splitlines()[-1]) and 'Traceback' not in text


@pytest.mark.dist
def test_ctrl_c_on_two_processes(config, tmp_path):
    status, text = interrupted([*TWO, config, '2', '--work-dir', tmp_path, *LONG])
    assert status == 130 and text.count('Interrupted at iteration') == 1
    assert text.splitlines()[-1].startswith('Interrupted') and 'Traceback' not in text


@pytest.mark.dist
def test_an_error_of_all_ranks_is_printed_once(config, tmp_path):
    option = 'train_dataloader.dataset.source.data_root=nowhere'
    done = run_command(*TWO, config, '2', '--work-dir', tmp_path, '--cfg-options', option, check=False)
    assert done.returncode == 1
    assert done.stdout.count('Error: ') == 1 and 'folder nowhere does not exist' in done.stdout
    assert 'Traceback' not in done.stdout


LONELY = """
import os
from argparse import Namespace

import torch.distributed as dist

from mmseg_uda.errors import UserError
from mmseg_uda.utils import command


def work(args: Namespace) -> None:
    dist.init_process_group('gloo')
    if os.environ['RANK'] == '1':
        raise UserError('b.png is not an image')
    dist.barrier()


command.TURN = 1
command.run_tool(Namespace, work, stack=False)
"""


@pytest.mark.dist
def test_an_error_of_one_rank_is_printed(tmp_path):
    (tmp_path / 'lonely.py').write_text(LONELY)
    launch = ('tools/dist_launch.py', '--standalone', '--local-addr=127.0.0.1', '--nproc_per_node=2')
    done = run_command('python', *launch, tmp_path / 'lonely.py', check=False, env=dict(PYTHONPATH=str(ROOT)))
    assert done.returncode == 1 and done.stdout.count('Error: b.png is not an image') == 1


def test_mmsegs_own_tool_does_not_train_stages_as_one_run(config, tmp_path):
    tool = Path(find_spec('mmseg').origin).parent / '.mim' / 'tools' / 'train.py'
    env = dict(PYTHONPATH=str(ROOT))
    done = run_command('python', tool, config, '--work-dir', tmp_path, env=env, check=False)
    assert done.returncode != 0 and 'Iter(train)' not in done.stdout
    assert f'{config} has the stages only, which MMSeg does not know: train it with `mmseg-uda train`' in done.stdout
