"""What a user sees of whole runs: no line that they cannot use; the log file has it all."""

import re
from pathlib import Path

import pytest
import torch

from tests.conftest import run_command

from .mini_runs import write_config

FOR_THE_FILE = (
    'do not match exactly',
    'Advance dataloader',
    'Checkpoints will be saved to',
    'Config:',
    'Hooks will be executed',
    'Exp name',
    'IoU.road',
    'Loads checkpoint',
    'Could not import',
    'Warning',
)


@pytest.fixture(scope='module')
def config(minicity, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp('configs')
    return write_config(folder / 'own.py', 'adaptseg/adaptseg_mini_gta2cs.py', minicity, has_target=True)


@pytest.fixture(scope='module')
def work_dir(config, tmp_path_factory) -> Path:
    """Of a run whose screen is kept in ``screen.txt``."""
    work_dir = tmp_path_factory.mktemp('work')
    command = ('python', 'tools/train.py', config, '--work-dir', work_dir)
    done = run_command(*command, '--cfg-options', 'default_hooks.checkpoint.interval=1')
    (work_dir / 'screen.txt').write_text(done.stdout)
    return work_dir


@pytest.fixture(scope='module')
def of_another_method(work_dir, tmp_path_factory) -> Path:
    """A checkpoint whose adaptations have other names: some are missing, some unexpected."""
    checkpoint = torch.load(work_dir / 'iter_1.pth', weights_only=False)
    weights = {key.replace('adversary', 'other'): value for key, value in checkpoint['state_dict'].items()}
    path = tmp_path_factory.mktemp('checkpoint') / 'other.pth'
    torch.save(dict(state_dict=weights, meta=checkpoint['meta']), path)
    return path


def for_the_file(screen: str) -> list[str]:
    """Lines that should not be on a screen."""
    return [line for line in screen.splitlines() if any(words in line for words in FOR_THE_FILE)]


def logged(work_dir: Path) -> str:
    return ''.join(path.read_text() for path in work_dir.rglob('*.log'))


def test_training(work_dir):
    screen = (work_dir / 'screen.txt').read_text()
    useful = ('Work dir', 'Training images', 'Saving', 'Iter(train)', 'Iter(val)', 'IoU per class', '|', '+-')
    assert not [line for line in screen.splitlines() if not any(words in line for words in useful)]
    assert not for_the_file(screen)
    assert screen.count('Iter(train)') == 2 and screen.count('mIoU') == 1
    assert len(re.findall('vegetation', screen)) == 1  # in the table and nowhere else
    for words in ('Checkpoints will be saved to', 'Config:', 'Hooks will be executed', 'vegetation'):
        assert words in logged(work_dir)
    assert '"IoU.road"' in ''.join(path.read_text() for path in work_dir.rglob('scalars.json'))


def test_resume(config, work_dir):
    (work_dir / 'last_checkpoint').write_text(str(work_dir / 'iter_1.pth'))  # as after an interruption
    screen = run_command('python', 'tools/train.py', config, '--work-dir', work_dir, '--resume').stdout
    assert not for_the_file(screen)
    assert f'Load checkpoint from {work_dir}/iter_1.pth' in screen and screen.count('Iter(train)') == 1
    assert 'Advance dataloader 1 steps' in logged(work_dir)


def test_test(config, of_another_method, tmp_path):
    screen = run_command('python', 'tools/test.py', config, of_another_method, '--work-dir', tmp_path).stdout
    assert not for_the_file(screen) and screen.count('mIoU') == 1
    assert 'source state_dict: adaptations.other' in logged(tmp_path)


def test_labels(config, of_another_method, tmp_path):
    """A tool without a log."""
    command = ('python', 'tools/generate_pseudo_labels.py', config, of_another_method, '--selector', 'bdl')
    screen = run_command(*command, '--out', tmp_path / 'round').stdout
    assert not for_the_file(screen) and 'Round: ' in screen
