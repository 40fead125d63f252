"""What the check of the installed stack says."""

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from mmseg_uda.utils.stack import check_stack


@pytest.fixture
def installed(monkeypatch):
    """Distributions that metadata reports; a test changes them."""
    versions = {
        'torch': '2.13.0+cpu',
        'onedl-mmengine': '0.10.12',
        'onedl-mmcv': '2.3.6',
        'onedl-mmsegmentation': '1.4.2',
    }

    def version(name):
        if name not in versions:
            raise metadata.PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr(metadata, 'version', version)
    return versions


def test_default_stack_passes(installed):
    check_stack()


def test_upstream_stack_passes(installed):
    for name in ('onedl-mmengine', 'onedl-mmcv', 'onedl-mmsegmentation'):
        del installed[name]
    installed.update({'mmengine': '0.10.7', 'mmcv': '2.1.0', 'mmsegmentation': '1.2.2'})
    check_stack()


def test_all_problems_come_with_their_command(installed):
    del installed['onedl-mmcv']
    installed['torch'] = '2.1.2+cu121'
    installed['mmsegmentation'] = '1.2.2'
    with pytest.raises(ImportError) as raised:
        check_stack()
    message = str(raised.value)
    assert "mmcv is not installed: pip install 'onedl-mmcv>=2.3.6'" in message
    assert "torch 2.1.2+cu121 is older than 2.6: pip install 'torch>=2.6'" in message
    assert 'pip uninstall -y onedl-mmsegmentation mmsegmentation' in message


@pytest.mark.parametrize('version', ['2.10.0', '2.6', '2.6.1rc1', '3.0'])
def test_versions_compare_as_numbers(installed, version):
    installed['torch'] = version
    check_stack()


def test_import_is_light():
    """The package must not pull in torch, or every tool's --help takes seconds."""
    code = 'import sys, mmseg_uda; sys.exit("torch" in sys.modules)'
    assert subprocess.run([sys.executable, '-c', code], env={**os.environ}).returncode == 0


TOOLS = sorted(str(path) for path in Path('tools').rglob('*.py') if "__name__ == '__main__'" in path.read_text())


@pytest.mark.parametrize('tool', TOOLS)
def test_help_answers_at_once(tool):
    """Without the imports that take seconds; the seconds themselves depend on what else the machine does."""
    command = [sys.executable, '-X', 'importtime', tool, '--help']
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0 and 'usage' in done.stdout
    imported = {line.split('|')[-1].strip() for line in done.stderr.splitlines()}
    assert 'argparse' in imported and not imported & {'torch', 'cv2', 'mmengine', 'mmcv'}
