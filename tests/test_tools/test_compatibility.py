"""The table of compatibility, where nothing has to be installed for a row."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

OLD = '| default | 3.11.7 | 2.13.0 | 2.4.6 | a | b | c | 7 | 0 | 1 | 5 | 2026-01-01 | abc | all |\n'


@pytest.fixture
def clone(tmp_path) -> Path:
    """What the script reads, and a row of an earlier run."""
    for name in ('tools', 'requirements'):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns('__pycache__'))
    for folder in ('bin', 'docs/benchmarks', 'work/default'):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / 'work/default/row.md').write_text(OLD)
    return tmp_path


def compare(clone: Path, rows: str) -> subprocess.CompletedProcess:
    command = ['bash', clone / 'tools/compatibility.sh', clone / 'work', rows]
    env = {**os.environ, 'PATH': f'{clone}/bin:{os.environ["PATH"]}'}
    return subprocess.run(command, cwd='/', env=env, text=True, capture_output=True)


@pytest.mark.parametrize(
    ('script', 'said'),
    [
        ('exit 1', 'no python3.13 here | 2.13.0 |'),
        ('test "$2" != venv || exit 1', '3.13 | 2.13.0 |  | onedl: not installed, see install.log |'),
    ],
)
def test_a_python_that_does_not_work_is_a_row_and_earlier_rows_stay(clone, script, said):
    python = clone / 'bin' / 'python3.13'
    python.write_text(f'#!/bin/sh\n{script}\n')
    python.chmod(0o755)
    done = compare(clone, 'python3.13')
    assert done.returncode == 0, done.stderr
    lines = (clone / 'docs/benchmarks/compatibility.md').read_text().splitlines()
    *_, old, new = [line for line in lines if line.startswith('|')]
    assert f'{old}\n' == OLD
    assert new.startswith(f'| python3.13 | {said}') and new.count('|') == old.count('|')


def test_an_unknown_row_is_refused(clone):
    done = compare(clone, 'python3.9')
    assert done.returncode == 1 and 'error: no row python3.9; there is default upstream' in done.stderr
    assert not list(clone.glob('docs/benchmarks/*'))
