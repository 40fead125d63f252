"""What tests share: MMSeg's scope, commands run as a user runs them, a small rendered MiniCity."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from mmengine.registry import init_default_scope

ROOT = Path(__file__).resolve().parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what trains first: its files take minutes, and one that starts last leaves the other processes idle."""
    long = {'test_end_to_end', 'test_tools', 'test_configs.py'}
    items.sort(key=lambda item: not long & set(item.path.parts))


@pytest.fixture(autouse=True)
def mmseg_scope() -> None:
    """Names in configs are looked up in MMSeg's registries, as ``default_scope`` of every config says."""
    init_default_scope('mmseg')


def run_command(
    *words: str | Path, env: dict[str, str] | None = None, check: bool = True, cwd: Path = ROOT
) -> subprocess.CompletedProcess:
    """Run a command, by default from the repository's root, with this interpreter first in PATH; keep its output."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ['PATH']])
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env={**os.environ, 'PATH': path, 'OMP_NUM_THREADS': '1', **(env or {})},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if check:
        assert done.returncode == 0, done.stdout[-6000:]
    return done


@pytest.fixture(scope='session')
def minicity(tmp_path_factory) -> Path:
    """A handful of 64x128 images in the formats of GTA5 and Cityscapes, rendered and converted by the tools."""
    root = tmp_path_factory.mktemp('minicity')
    tools = 'tools/dataset_converters'
    counts = ('--num-source', '8', '--num-train', '6', '--num-val', '3', '--num-test', '3')
    run_command('python', f'{tools}/minicity.py', '--out', root, '--size', '64x128', *counts)
    run_command('python', f'{tools}/gta.py', root / 'gta')
    run_command('python', f'{tools}/cityscapes.py', root / 'cityscapes')
    return root
