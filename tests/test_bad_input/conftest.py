"""A small world for each case: images, a config, checkpoints and a round of pseudo labels, which the case spoils."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS

from tests.conftest import ROOT
from tests.test_tools.mini_runs import write_config

CLASSES = 19


@dataclass
class World:
    """What one case may spoil.

    Attributes:
        root: Everything lies in it; commands are run here.
        run_tool: ``(words, cwd, output file) -> exit code``.
    """

    root: Path
    run_tool: Callable[[list[str], Path, Path], int]

    @property
    def config(self) -> Path:
        """Of a run of DAST of two iterations, without stages."""
        return self.root / 'config.py'

    def add(self, text: str) -> None:
        """Write more into the config."""
        with self.config.open('a') as file:
            file.write(f'\n{text}\n')

    def files(self, pattern: str) -> list[Path]:
        """Files by pattern, such as ``gta/images/*``, sorted; there are some."""
        found = sorted(self.root.glob(pattern))
        assert found, f'nothing is called {pattern}'
        return found

    def listing(self) -> set[str]:
        """Names of all files."""
        return {str(path.relative_to(self.root)) for path in self.root.rglob('*') if path.is_file()}

    def command(self, words: str, cwd: Path | None = None) -> tuple[int, str]:
        """Run a command given as ``'train {config} --work-dir {out}'``; its exit code and what it printed."""
        tool, *arguments = words.split()
        places = {path.stem: path for path in self.root.glob('*.pth')}
        filled = [
            word.format(root=self.root, config=self.config, out=self.root / 'out', **places) for word in arguments
        ]
        output = self.root.with_name(f'{self.root.name}.txt')
        code = self.run_tool([str(ROOT / 'tools' / f'{tool}.py'), *filled], cwd or self.root, output)
        return code, output.read_text(errors='replace')


@pytest.fixture(scope='session')
def tool_server() -> Iterator[Callable[[list[str], Path, Path], int]]:
    """``(words, cwd, output file) -> exit code`` of tools that find the stack imported."""
    env = {**os.environ, 'OMP_NUM_THREADS': '1', 'PYTHONPATH': str(ROOT), 'CUDA_VISIBLE_DEVICES': ''}
    server = subprocess.Popen(
        [sys.executable, Path(__file__).with_name('tool_server.py')],
        env=env,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )

    def run(words: list[str], cwd: Path, output: Path) -> int:
        request = dict(words=words, cwd=str(cwd), output=str(output))
        server.stdin.write(json.dumps(request) + '\n')
        server.stdin.flush()
        return int(server.stdout.readline())

    yield run
    server.stdin.close()
    server.wait()


@pytest.fixture(scope='session')
def fresh_world(minicity, tmp_path_factory, tool_server) -> Path:
    """A world that works: two checkpoints and a round."""
    init_default_scope('mmseg')
    root = tmp_path_factory.mktemp('world') / 'fresh'
    shutil.copytree(minicity, root)
    model = Config.fromfile(ROOT / 'configs/dast/dast_mini_gta2cs.py').model
    torch.manual_seed(0)
    torch.save(dict(state_dict=MODELS.build(model).state_dict(), meta={}), root / 'dast.pth')
    backbone = Config.fromfile(ROOT / 'configs/source_only/source_only_mini_mit_gta2cs.py').model
    torch.save(dict(state_dict=MODELS.build(backbone).state_dict(), meta={}), root / 'mit.pth')
    world = World(root, tool_server)
    write_world_config(world)
    code, text = world.command(
        'generate_pseudo_labels {config} {dast} --out {root}/round --selector bdl --num-workers 0'
    )
    assert code == 0, text
    return root


def write_world_config(world: World) -> None:
    """DAST on the world's images."""
    write_config(world.config, 'dast/dast_mini_gta2cs.py', world.root, has_target=True)


@pytest.fixture
def world(fresh_world, tool_server, tmp_path) -> World:
    """A copy for one case."""
    root = tmp_path / 'world'
    shutil.copytree(fresh_world, root, symlinks=True)
    world = World(root, tool_server)
    write_world_config(world)
    return world
