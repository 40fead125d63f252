"""Ctrl-C, what a user can mend, and MMSeg's own training tool: one message, on one process and on two."""

import io
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from mmseg_uda.engine.checkpoint_files import forget
from mmseg_uda.engine.lock import locked
from tests.conftest import ROOT, run_command
from tests.test_tools.mini_runs import write_config

ONE, TWO = ['python', 'tools/train.py'], ['bash', 'tools/dist_train.sh']
LONG = ['--cfg-options', 'train_cfg.max_iters=100', 'default_hooks.checkpoint.interval=2']


@pytest.fixture(scope='module')
def config(minicity, tmp_path_factory) -> Path:
    """A config with a stage, of the smallest step there is."""
    path = tmp_path_factory.mktemp('ends') / 'own.py'
    return write_config(path, 'source_only/source_only_mini_gta2cs.py', minicity, False, stages='dict(only=dict())')


def stopped(words: list, how: signal.Signals = signal.SIGINT, whom: Callable[[int, int], None] = os.killpg) -> tuple:
    """Exit status and output of a command that gets a signal after three iterations, its whole group as in a terminal.

    Args:
        words: The command.
        how: The signal.
        whom: Sends it: ``os.killpg``, or ``os.kill`` to the first process alone.
    """
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ['PATH']])
    running = subprocess.Popen(
        [str(word) for word in words],
        cwd=ROOT,
        env={**os.environ, 'PATH': path, 'OMP_NUM_THREADS': '1'},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        # A shell that runs the tests in the background has them, and what they start, ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    lines = []
    for line in running.stdout:
        lines.append(line)
        if '[  3/100]' in line:
            whom(running.pid, how)
    return running.wait(), ''.join(lines)


def test_ctrl_c_says_where_it_stopped_and_what_goes_on(config, tmp_path):
    status, text = stopped([*ONE, config, '--work-dir', tmp_path, *LONG])
    assert status == 130
    run = f'{tmp_path}/00_only'
    said = rf'Interrupted at iteration \d+ of {run}; the same command goes on from {run}/iter_\d+\.pth'
    assert re.fullmatch(said, text.splitlines()[-1]) and 'Traceback' not in text


@pytest.mark.dist
def test_ctrl_c_on_two_processes(config, tmp_path):
    status, text = stopped([*TWO, config, '2', '--work-dir', tmp_path, *LONG])
    assert status == 130 and text.count('Interrupted at iteration') == 1
    assert text.splitlines()[-1].startswith('Interrupted') and 'Traceback' not in text


UNSAVED = ['--cfg-options', 'train_cfg.max_iters=100', 'default_hooks.checkpoint.interval=100']
TERMINATED = r'Terminated at iteration (\d+) of (\S+); the same command goes on from \2/iter_\1\.pth'


def test_sigterm_saves_what_was_learned(config, tmp_path):
    """As a scheduler sends it: to the loading processes too."""
    workers = ['train_dataloader.num_workers=2']
    status, text = stopped([*ONE, config, '--work-dir', tmp_path, *UNSAVED, *workers], signal.SIGTERM)
    assert status == 143 and 'Traceback' not in text, text[-3000:]
    found = re.fullmatch(TERMINATED, text.splitlines()[-1])
    assert found and found[2] == f'{tmp_path}/00_only'
    saved = torch.load(f'{found[2]}/iter_{found[1]}.pth', weights_only=False)
    assert saved['meta']['iter'] == int(found[1]) and saved['param_schedulers']


@pytest.mark.dist
def test_sigterm_on_two_processes(config, tmp_path):
    status, text = stopped([*TWO, config, '2', '--work-dir', tmp_path, *UNSAVED], signal.SIGTERM, os.kill)
    assert status == 143 and 'Traceback' not in text, text[-3000:]
    assert len(re.findall(TERMINATED, text)) == 1


@pytest.mark.dist
def test_an_error_of_all_ranks_is_printed_once(config, tmp_path):
    option = 'train_dataloader.dataset.source.data_root=nowhere'
    done = run_command(*TWO, config, '2', '--work-dir', tmp_path, '--cfg-options', option, check=False)
    assert done.returncode == 1
    assert done.stdout.count('Error: ') == 1 and 'folder nowhere does not exist' in done.stdout
    assert 'Traceback' not in done.stdout


LONELY = """
import io
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


def refused(config: Path, work_dir: Path, *options: str) -> str:
    """What training prints that ends with an error of ours."""
    done = run_command(*ONE, config, '--work-dir', work_dir, '--cfg-options', *options, check=False)
    assert done.returncode == 1 and 'Traceback' not in done.stdout, done.stdout[-3000:]
    return done.stdout


def test_a_loss_that_is_no_number_ends_the_run(config, tmp_path):
    """The rate is absurd, so that the second step's weights are."""
    rate = 'optim_wrapper.segmentor.optimizer.lr=1e30'
    text = refused(config, tmp_path, rate, 'train_cfg.max_iters=4', 'default_hooks.checkpoint.interval=1')
    found = re.search(r'Error: iteration (\d) of (\S+): decode.loss_ce is (nan|inf), on (\S+),', text)
    assert found, text[-2000:]
    assert found[2] == f'{tmp_path}/00_only' and Path(found[4]).is_file()
    assert not (tmp_path / f'00_only/iter_{found[1]}.pth').exists()
    failed, command = re.search(r'Error: (iteration .*?)\. Nothing .*To replay the step: (train\.py .*)', text).groups()
    tool, *words = command.split()
    done = run_command('python', f'tools/{tool}', *words, check=False)
    assert f'Error: {failed}. Nothing' in done.stdout, done.stdout[-2000:]


def test_one_run_a_folder(config, tmp_path):
    """The second one leaves alone what the first goes on from."""
    run = tmp_path / '00_only'
    with locked(str(run)):
        torch.save({}, run / 'iter_1.pth')
        (run / 'iter_2.pth').write_text('half written')
        (run / 'last_checkpoint').write_text('iter_2.pth')
        text = refused(config, tmp_path, 'train_cfg.max_iters=4')
        assert (run / 'last_checkpoint').read_text() == 'iter_2.pth'
        forget(str(run))
        assert f'Error: {tmp_path}/00_only is in use by process {os.getpid()} on ' in text


def test_a_full_disk_leaves_nothing_half_written(config, tmp_path):
    """A limit on the size of files, which the system reports in the same way."""
    short = ['--work-dir', str(tmp_path), '--cfg-options', 'train_cfg.max_iters=2']
    command = shlex.join([*ONE, str(config), *short])
    done = run_command('bash', '-c', f'ulimit -f 200; exec {command}', check=False)
    assert done.returncode == 1 and 'Traceback' not in done.stdout, done.stdout[-3000:]
    said = rf'Error: {tmp_path}/00_only/iter_2\.pth could not be written: .*The checkpoints before it are whole'
    assert re.search(said, done.stdout), done.stdout[-2000:]
    assert not [path for path in tmp_path.rglob('*') if '.pth' in path.name or path.name.startswith('last')]


def test_a_checkpoint_of_another_network_is_refused(config, tmp_path):
    torch.save(dict(state_dict={'layers.0.weight': torch.zeros(3)}), tmp_path / 'other.pth')
    text = refused(config, tmp_path / 'run', f'load_from={tmp_path}/other.pth')
    assert f'Error: load_from: {tmp_path}/other.pth has none of the weights looked for, such as backbone.' in text
    (tmp_path / 'text.pth').write_text('no checkpoint')
    text = refused(config, tmp_path / 'run', f'load_from={tmp_path}/text.pth')
    assert f'Error: {tmp_path}/text.pth cannot be read; is it complete, and a checkpoint?' in text


def test_a_damaged_checkpoint_is_named_and_the_one_before_resumed(config, tmp_path):
    short = ('--cfg-options', 'train_cfg.max_iters=4', 'default_hooks.checkpoint.interval=1')
    run_command(*ONE, config, '--work-dir', tmp_path, *short)
    last = tmp_path / '00_only/iter_4.pth'
    whole = last.read_bytes()
    last.write_bytes(whole[: len(whole) // 2])
    text = run_command(*ONE, config, '--work-dir', tmp_path, *short).stdout
    assert f'{last} is damaged or missing: going back to {tmp_path}/00_only/iter_3.pth' in text
    again, before = (torch.load(path, weights_only=False)['state_dict'] for path in (last, io.BytesIO(whole)))
    assert all(torch.equal(value, again[key]) for key, value in before.items())
