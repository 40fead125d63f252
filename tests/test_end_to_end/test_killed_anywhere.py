"""Runs that are killed again and again, at any moment, end bit for bit like one that was not. Half an hour in all.

python -m pytest -m slow tests/test_end_to_end/test_killed_anywhere.py -s

KILLS and SEED in the environment change how often and when.
"""

import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from mmseg_uda.engine.checkpoint_files import latest_checkpoint
from mmseg_uda.engine.runs import read_scalars
from tests.conftest import ROOT

from .test_dast_mini import assert_equal, load

pytestmark = pytest.mark.slow

KILLS, SEED = int(os.environ.get('KILLS', 20)), int(os.environ.get('SEED', 0))
ITERATIONS = 6
CHANGES = """
train_cfg = dict(max_iters={iterations}, val_interval=3)
default_hooks = dict(checkpoint=dict(interval=2, save_best='mIoU'), logger=dict(interval=1))
train_dataloader = dict(batch_size=2)
"""
METHODS = dict(
    # Two rounds of labels within a stage as well: every two iterations.
    dast="stages = dict(source=dict(config='{source}'), round=dict(changes=dict(default_hooks=dict("
    'pseudo_labels=dict(interval=2)))))',
    maxcos="stages = dict(source=dict(config='{source}'))",
    pixintrada="stages = dict(inter=dict(config='{source}'))",
    daformer="stages = dict(source=dict(config='{mit}'))",
)
MOMENTS = ('start', 'step', 'saving', 'labelling', 'validating', 'between')
SAID = dict(step=r'Iter\(train\)', validating=r'Iter\(train\) \[ *[36]/', between=r'Stage ')
WRITES = dict(saving=r'\.iter_.*\.part|last_checkpoint', labelling=r'\.partial|\.part$')
BOUND = 60
"""Seconds in which a run ends whose other rank was killed."""


@pytest.fixture(scope='module')
def command(minicity, tmp_path_factory) -> Callable[[str, Path], list]:
    """The command that trains a method in a work dir."""
    folder = tmp_path_factory.mktemp('methods')

    def write(name: str, base: str, stages: str = '') -> Path:
        path = folder / f'{name}.py'
        path.write_text(f"_base_ = '{ROOT}/configs/{base}'\n{CHANGES.format(iterations=ITERATIONS)}\n{stages}\n")
        return path

    sources = dict(
        source=write('source', 'source_only/source_only_mini_gta2cs.py'),
        mit=write('mit', 'source_only/source_only_mini_mit_gta2cs.py'),
    )
    roots = [
        f'train_dataloader.dataset.source.data_root={minicity}/gta',
        f'train_dataloader.dataset.target.data_root={minicity}/cityscapes',
        *(f'{loader}_dataloader.dataset.data_root={minicity}/cityscapes' for loader in ('val', 'test')),
    ]

    def words(method: str, work_dir: Path, ranks: int = 1) -> list:
        config = write(method, f'{method}/{method}_mini_gta2cs.py', METHODS[method].format(**sources))
        launch = ['python', 'tools/train.py', config] if ranks == 1 else ['bash', 'tools/dist_train.sh', config, ranks]
        # DAFormer's source is inside a RareClassDataset; that of the run before it is not.
        own = [f'train_dataloader.dataset.source.dataset.data_root={minicity}/gta'] if method == 'daformer' else []
        return [*launch, '--work-dir', work_dir, '--cfg-options', *roots, *own]

    return words


class Life:
    """A training command in a process group of its own, and what it said."""

    def __init__(self, words: list) -> None:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ['PATH']])
        self.process = subprocess.Popen(
            [str(word) for word in words],
            cwd=ROOT,
            env={**os.environ, 'PATH': path, 'OMP_NUM_THREADS': '1', 'PYTHONUNBUFFERED': '1'},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=lambda: self.lines.extend(iter(self.process.stdout.readline, '')))
        self._reader.start()

    @property
    def text(self) -> str:
        return ''.join(self.lines)

    def wait(self, timeout: float | None = None) -> int:
        """Exit status."""
        status = self.process.wait(timeout)
        self._reader.join()
        return status

    def kill(self, pid: int | None = None) -> None:
        """SIGKILL the whole group, or one process."""
        os.killpg(self.process.pid, signal.SIGKILL) if pid is None else os.kill(pid, signal.SIGKILL)

    def reaches(self, moment: str, folder: Path, draw: random.Random) -> bool:
        """Wait for a moment of its life; False if it ended before."""
        count = draw.randint(1, 4)
        begin, late = time.monotonic(), draw.uniform(0, 8) if moment == 'start' else 0
        while self.process.poll() is None:
            if moment == 'start':
                found = time.monotonic() - begin > late
            elif moment in SAID:
                found = len(re.findall(SAID[moment], self.text)) >= count
            else:
                found = any(re.search(WRITES[moment], path.name) for path in folder.rglob('*'))
            if found:
                time.sleep(draw.uniform(0, 0.3 if moment in SAID else 0.05))
                return self.process.poll() is None
            time.sleep(0.002)
        return False


def ended(words: list) -> None:
    """Run to the end."""
    life = Life(words)
    assert life.wait() == 0, life.text[-4000:]


def stages_of(root: Path) -> dict[str, Path]:
    """The folders of training runs below one, by their names."""
    return {str(path.parent.relative_to(root)): path.parent for path in sorted(root.rglob('settings.json'))}


def assert_same_runs(whole: Path, killed: Path) -> None:
    """Weights, optimisers, schedules, queues, teachers, labels, best checkpoints and what was logged."""
    assert stages_of(whole).keys() == stages_of(killed).keys() and stages_of(whole)
    for name, expected in stages_of(whole).items():
        found = stages_of(killed)[name]
        ours, theirs = (load(Path(latest_checkpoint(str(path)))) for path in (found, expected))
        for part in ('state_dict', 'optimizer', 'param_schedulers'):
            assert_equal(ours[part], theirs[part], f'{name}: {part}')
        assert ours['meta']['iter'] == theirs['meta']['iter'] == ITERATIONS
        assert read_scalars(found) == read_scalars(expected), name
        kept = [
            {path.relative_to(run) for pattern in ('**/*.png', 'best*.pth') for path in run.glob(pattern)}
            for run in (expected, found)
        ]
        assert kept[0] == kept[1], name
        for file in kept[0]:
            if file.suffix == '.png':
                assert (found / file).read_bytes() == (expected / file).read_bytes(), (name, file)
            else:
                assert_equal(load(found / file)['state_dict'], load(expected / file)['state_dict'], f'{name}: {file}')
    assert not [path for path in killed.rglob('*') if re.search(r'\.part(ial)?$', path.name)]


@pytest.mark.parametrize('method', METHODS)
def test_a_run_that_is_killed_ends_as_one_that_is_not(method, command, tmp_path):
    """Kills that hit nothing, because the run ended before, do not count; then another run begins."""
    draw = random.Random(f'{SEED} {method}')
    whole, runs, kills = tmp_path / 'whole', 1, Counter()
    ended(command(method, whole / method))
    killed = tmp_path / 'killed 1'
    while sum(kills.values()) < KILLS:
        moment = draw.choice(MOMENTS)
        life = Life(command(method, killed / method))
        if life.reaches(moment, killed, draw):
            life.kill()
            kills[moment] += 1
        elif life.process.returncode == 0:
            assert_same_runs(whole, killed)
            runs += 1
            killed = tmp_path / f'killed {runs}'
        status = life.wait()
        assert status in (0, -signal.SIGKILL), life.text[-4000:]
    ended(command(method, killed / method))
    assert_same_runs(whole, killed)
    print(f'\n{method}: {sum(kills.values())} kills in {runs} runs: {dict(kills)}', flush=True)


def children(pid: int) -> list[int]:
    """The processes that one has started."""
    return [int(child) for child in Path(f'/proc/{pid}/task/{pid}/children').read_text().split()]


@pytest.mark.dist
@pytest.mark.skipif(sys.platform != 'linux', reason='looks for ranks in /proc')
@pytest.mark.parametrize('victim', ['first rank', 'second rank', 'launcher', 'all'])
def test_two_ranks(victim, command, tmp_path):
    """What is left ends by itself, and the same command goes on exactly."""
    draw = random.Random(f'{SEED} {victim}')
    whole, killed = tmp_path / 'whole', tmp_path / 'killed'
    ended(command('dast', whole / 'dast', 2))
    for _ in range(3):
        life = Life(command('dast', killed / 'dast', 2))
        if not life.reaches('step', killed, draw):
            break
        launcher = life.process.pid
        ranks = children(launcher)
        assert len(ranks) == 2
        begin = time.monotonic()
        life.kill({'first rank': ranks[0], 'second rank': ranks[1], 'launcher': launcher, 'all': None}[victim])
        assert life.wait(BOUND) != 0
        while any(Path(f'/proc/{rank}').exists() for rank in ranks):
            assert time.monotonic() - begin < BOUND, 'a rank trains on alone'
            time.sleep(0.1)
    ended(command('dast', killed / 'dast', 2))
    assert_same_runs(whole, killed)
