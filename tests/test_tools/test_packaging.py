"""The wheel, and what a broken installation says."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT


def run(*words: str | Path, cwd: Path, **kwargs) -> subprocess.CompletedProcess:
    return subprocess.run([str(word) for word in words], cwd=cwd, text=True, capture_output=True, **kwargs)


@pytest.fixture(scope='module')
def wheel(tmp_path_factory) -> Path:
    """Built from a copy, since setuptools leaves its build folder beside setup.py."""
    folder = tmp_path_factory.mktemp('wheel')
    copy = folder / 'mmseg_uda'
    copy.mkdir()
    for name in ('mmseg_uda', 'configs', 'tools', 'requirements'):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns('__pycache__'))
    for name in ('setup.py', 'pyproject.toml', 'README.md', 'LICENSE'):
        shutil.copy(ROOT / name, copy)
    pip = (sys.executable, '-m', 'pip')
    built = run(*pip, 'wheel', '.', '--no-deps', '--no-build-isolation', '--wheel-dir', folder, cwd=copy)
    assert built.returncode == 0, built.stdout[-3000:] + built.stderr[-3000:]
    (path,) = folder.glob('*.whl')
    return path


def test_wheel_carries_every_module_config_and_tool(wheel):
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    expected = {f'mmseg_uda/{path.relative_to(ROOT / "mmseg_uda")}' for path in (ROOT / 'mmseg_uda').rglob('*.py')}
    for folder in ('configs', 'tools'):
        files = [path for path in (ROOT / folder).rglob('*') if path.is_file() and '__pycache__' not in path.parts]
        expected |= {f'mmseg_uda/.mim/{path.relative_to(ROOT)}' for path in files}
    expected.add('mmseg_uda/py.typed')
    assert expected <= held, sorted(expected - held)
    extra = {name for name in held - expected if '.dist-info/' not in name}
    assert not extra, sorted(extra)
    assert any(name.endswith('LICENSE') for name in held)


def test_installed_wheel_without_its_stack_says_which_commands_help(wheel, tmp_path):
    site = tmp_path / 'site'
    pip = (sys.executable, '-m', 'pip')
    installed = run(*pip, 'install', '--no-deps', '--target', site, wheel, cwd=tmp_path)
    assert installed.returncode == 0, installed.stderr[-3000:]
    # -S leaves this environment's packages out, as a fresh environment would.
    code = f'import sys; sys.path.insert(0, {str(site)!r}); import mmseg_uda'
    bare = run(sys.executable, '-I', '-S', '-c', code, cwd=tmp_path)
    assert bare.returncode == 1 and 'ImportError: mmseg_uda cannot run' in bare.stderr
    for command in ('torch>=2.4', 'onedl-mmengine>=', 'onedl-mmcv>=', 'onedl-mmsegmentation>='):
        assert f"pip install '{command}" in bare.stderr
    whole = run(sys.executable, '-c', f'{code}; print(mmseg_uda.__file__)', cwd=tmp_path)
    assert whole.stdout.strip() == str(site / 'mmseg_uda' / '__init__.py'), whole.stderr
