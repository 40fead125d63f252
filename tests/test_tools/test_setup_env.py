"""What the set-up says where it cannot work; a set-up that works is what runs these tests."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.fixture
def clone(tmp_path) -> Path:
    """The files that a set-up reads, without .venv."""
    for name in ('tools', 'requirements'):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns('__pycache__'))
    shutil.copy(ROOT / 'setup.py', tmp_path)
    return tmp_path


def fake_python(path: Path, script: str) -> Path:
    path.write_text(f'#!/bin/sh\n{script}\n')
    path.chmod(0o755)
    return path


def set_up(clone: Path, script: str, python: Path) -> str:
    done = subprocess.run(
        ['bash', str(clone / 'tools' / script)],
        cwd='/',
        env={**os.environ, 'PYTHON': str(python)},
        text=True,
        capture_output=True,
    )
    assert done.returncode == 1
    assert not (clone / '.venv' / 'bin').exists()
    return done.stderr


@pytest.mark.parametrize('script', ['quickstart.sh', 'run_tests.sh'])
def test_an_old_python_is_refused(clone, script):
    old = fake_python(clone / 'python3.8', '[ "$1" = --version ] && echo Python 3.8.20\nexit 1')
    text = set_up(clone, script, old)
    assert (
        'Python 3.10 or newer is needed' in text
        and '3.8.20' in text
        and f'PYTHON=/path/to/python3.12 bash {script}' in text
    )


def test_a_missing_venv_module_is_named(clone):
    bare = fake_python(clone / 'python', f'case "$2" in *ensurepip*) exit 1;; esac\nexec {sys.executable} "$@"')
    assert 'python3-venv' in set_up(clone, 'quickstart.sh', bare)


def test_a_folder_that_is_no_environment_is_left_alone(clone):
    (clone / '.venv').mkdir()
    (clone / '.venv' / 'precious').touch()
    assert 'is not a virtual environment' in set_up(clone, 'run_tests.sh', Path(sys.executable))
    assert (clone / '.venv' / 'precious').exists()
