"""The wheel, used without the clone, and what a broken installation says."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import mmseg
import pytest

from tests.conftest import ROOT, run_command


def run(*words: str | Path, cwd: Path, **kwargs) -> subprocess.CompletedProcess:
    return subprocess.run([str(word) for word in words], cwd=cwd, text=True, capture_output=True, **kwargs)


@pytest.fixture(scope='module')
def wheel(tmp_path_factory) -> Path:
    """Built from a copy, since setuptools leaves its build folder beside setup.py."""
    folder = tmp_path_factory.mktemp('wheel')
    copy = folder / 'mmseg_uda'
    copy.mkdir()
    for name in ('mmseg_uda', 'configs', 'tools', 'requirements'):
        shutil.copytree(ROOT / name, copy / name, symlinks=True, ignore=shutil.ignore_patterns('__pycache__'))
    for name in ('setup.py', 'pyproject.toml', 'README.md', 'LICENSE', 'model-index.yml'):
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
    expected |= {'mmseg_uda/py.typed', 'mmseg_uda/.mim/model-index.yml'}
    assert expected <= held, sorted(expected - held)
    extra = {name for name in held - expected if '.dist-info/' not in name}
    assert not extra, sorted(extra)
    assert any(name.endswith('LICENSE') for name in held)


@pytest.fixture(scope='module')
def site(wheel, tmp_path_factory) -> Path:
    """A folder of packages that holds the installed wheel alone, and its command in ``bin``."""
    folder = tmp_path_factory.mktemp('site')
    installed = run(sys.executable, '-m', 'pip', 'install', '--no-deps', '--target', folder, wheel, cwd=folder)
    assert installed.returncode == 0, installed.stderr[-3000:]
    return folder


def test_installed_wheel_without_its_stack_says_which_commands_help(site, tmp_path):
    # -S leaves this environment's packages out, as a fresh environment would.
    code = f'import sys; sys.path.insert(0, {str(site)!r}); import mmseg_uda'
    bare = run(sys.executable, '-I', '-S', '-c', code, cwd=tmp_path)
    assert bare.returncode == 1 and 'ImportError: mmseg_uda cannot run' in bare.stderr
    for command in ('torch>=2.6', 'onedl-mmengine>=', 'onedl-mmcv>=', 'onedl-mmsegmentation>='):
        assert f"pip install '{command}" in bare.stderr
    whole = run(sys.executable, '-c', f'{code}; print(mmseg_uda.__file__)', cwd=tmp_path)
    assert whole.stdout.strip() == str(site / 'mmseg_uda' / '__init__.py'), whole.stderr


OWN = """
_base_ = 'mmseg_uda::adaptseg/adaptseg_mini_gta2cs.py'
stages = None
train_cfg = dict(max_iters=2, val_interval=2)
train_dataloader = dict(batch_size=2, num_workers=0, persistent_workers=False)
"""
IN_PYTHON = """
from mmseg.apis import init_model
from mmseg_uda.utils.configs import load_config

init_model(load_config('own.py'), 'work_dirs/own/iter_2.pth', device='cpu')
"""


@pytest.mark.slow
def test_a_wheel_is_used_like_a_clone(site, tmp_path):
    """Data, training of a packaged and of an own config, test, labels and export in an empty folder."""

    def run_here(*words: str | Path):
        return run_command(*words, cwd=tmp_path, env=dict(PYTHONPATH=str(site)))

    def mmseg_uda(*words: str | Path):
        return run_here(sys.executable, site / 'bin' / 'mmseg-uda', *words)

    assert f'{site}/mmseg_uda/.mim/configs' in mmseg_uda().stdout
    counts = ('--num-source', '4', '--num-train', '4', '--num-val', '2', '--num-test', '2')
    mmseg_uda('minicity', '--out', 'data/minicity', '--size', '64x128', *counts)
    mmseg_uda('gta', 'data/minicity/gta')
    mmseg_uda('cityscapes', 'data/minicity/cityscapes')

    few = ('train_cfg.max_iters=2', 'train_cfg.val_interval=2', 'train_dataloader.batch_size=2')
    mmseg_uda('train', 'source_only/source_only_mini_gta2cs.py', '--cfg-options', *few)
    source_only = 'work_dirs/source_only_mini_gta2cs/iter_2.pth'
    (tmp_path / 'own.py').write_text(OWN)
    # as on several GPUs
    torchrun = (sys.executable, '-m', 'torch.distributed.run', '--standalone', '--nproc_per_node=2', '-m', 'mmseg_uda')
    run_here(*torchrun, 'train', 'own.py', '--launcher', 'pytorch', '--cfg-options', f'load_from={source_only}')

    trained = 'work_dirs/own/iter_2.pth'
    tested = mmseg_uda('test', 'own.py', trained)
    assert 'mIoU' in tested.stdout
    mmseg_uda('predict', 'own.py', trained, 'data/minicity/cityscapes/leftImg8bit/test', '--out', 'predicted')
    assert len(list(tmp_path.glob('predicted/ids/**/*.png'))) == 2
    mmseg_uda('label', 'own.py', trained, '--out', 'round')
    assert (tmp_path / 'round').is_dir()
    mmseg_uda('export', 'own.py', trained, 'exported')
    assert (tmp_path / 'exported/own.pth').is_file()
    run_here(sys.executable, '-c', IN_PYTHON)
    # MMSeg's own tool knows no mmseg_uda:: bases, so it takes the config that training wrote.
    mmseg_tool = Path(mmseg.__file__).parent / '.mim/tools/test.py'
    theirs = run_here(sys.executable, mmseg_tool, 'work_dirs/own/own.py', trained)
    assert miou(theirs.stdout) == miou(tested.stdout)


def miou(screen: str) -> str:
    return re.findall(r'mIoU: ([\d.]+)', screen)[-1]
