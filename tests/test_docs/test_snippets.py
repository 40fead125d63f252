"""The examples of the pages: configs parse and build, command lines are read by the tools they call."""

import ast
import re
import runpy
import shlex
import sys
from argparse import Namespace
from pathlib import Path
from unittest.mock import patch

import pytest
from mmengine.config import Config
from mmengine.evaluator import Evaluator
from mmseg.registry import TRANSFORMS, VISBACKENDS

from mmseg_uda.engine.checks import dataset_configs
from mmseg_uda.engine.fragments import check_fragments
from tests.conftest import ROOT
from tests.test_configs import check_builds, distinct, planned
from tests.test_datasets.folders import write_image

from .test_docs import PAGES, name

KEYS = {
    '_base_',
    'model',
    'stages',
    'optim_wrapper',
    'train_dataloader',
    'val_evaluator',
    'default_hooks',
    'visualizer',
}
# What an example that is no config by itself is added to.
BASES = ['./configs/dast/dast_r101_gta2cs.py', './configs/_base_/adaptations/maxcos.py']
# Configs whose classes stand on the same page, and those on files by the package's name, have tests of their own:
# test_docs.py, test_packaging.py, test_teacher.py and test_networks.py of test_end_to_end.
ELSEWHERE = ('custom_imports', '::')
# What a reader fills in, where the tool wants one of a few words or a number.
PLACEHOLDERS = {'FORMAT': 'resnet', 'H': '64', 'W': '128'}


def python_blocks() -> list[tuple[Path, int, str]]:
    """Page, line and text of every Python example."""
    return [
        (page, page.read_text()[: match.start()].count('\n') + 1, match[1])
        for page in PAGES
        for match in re.finditer(r'```python\n(.*?)```', page.read_text(), re.DOTALL)
    ]


def is_config(block: str) -> bool:
    """Whether an example assigns keys of a config and nothing else."""
    statements = ast.parse(block).body
    assigned = {
        node.id for node in ast.walk(ast.parse(block)) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return bool(assigned & KEYS) and all(isinstance(s, ast.Assign) for s in statements)


CONFIG_BLOCKS = [
    pytest.param(page, block, id=f'{name(page)}:{line}') for page, line, block in python_blocks() if is_config(block)
]


@pytest.fixture
def clone(tmp_path, monkeypatch) -> Path:
    """A folder like a clone, with room for configs of one's own, and images for the transforms that look for some."""
    (tmp_path / 'configs' / 'own').mkdir(parents=True)
    for path in (ROOT / 'configs').iterdir():
        (tmp_path / 'configs' / path.name).symlink_to(path)
    (tmp_path / 'configs/my_data.py').symlink_to(ROOT / 'configs/own_data.py')
    for folder in ('my_target', 'cityscapes/leftImg8bit/train'):
        write_image(tmp_path / 'data' / folder / 'x_leftImg8bit.png')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def place(clone: Path, block: str) -> Path:
    """Where a config has to lie for its bases to be found."""
    base = re.search(r"_base_ = \[?\s*'([^']*)", block)
    folder = dict(configs='.', _base_='configs', **{'..': 'configs/own'}).get(Path(base[1]).parts[0], 'configs')
    return clone / folder / 'example.py'


@pytest.mark.parametrize(('page', 'block'), CONFIG_BLOCKS)
def test_config_builds(page, block, clone):
    if any(mark in block for mark in ELSEWHERE):
        pytest.skip('tested elsewhere')
    if '_base_ =' not in block and page.name == 'custom_data.md' and 'metainfo' in block:
        block = (ROOT / 'configs/own_data.py').read_text() + block
    elif '_base_ =' not in block:
        block = f'_base_ = {BASES}\n{block}'
    path = place(clone, block)
    path.write_text(block)
    cfg = Config.fromfile(path)
    check_fragments(cfg)
    for key in ('val_evaluator', 'test_evaluator'):
        if cfg.get(key):
            Evaluator(cfg[key])  # one or several
    for backend in cfg.visualizer.vis_backends:
        assert VISBACKENDS.get(backend.type)
    for stage in distinct(planned(path)):
        for _, dataset in dataset_configs(stage.cfg):
            for step in dataset['pipeline']:
                TRANSFORMS.build(step)
        check_builds(stage.cfg)


def test_own_data_on_another_network(clone):
    """The first lines and the size that the page gives, in place of the copy's."""
    (block,) = [block for page, _, block in python_blocks() if page.name == 'custom_data.md' and 'deeplabv2' in block]
    text = (ROOT / 'configs/own_data.py').read_text()
    for key, end in (('_base_ = ', r'\n\]'), ('scale = ', '')):
        lines = rf'^{key}.*?{end}$'
        (given,) = re.findall(lines, block, re.DOTALL | re.MULTILINE)
        text, count = re.subn(rf'^{key}.*?{end}(?=\n| *#)', given, text, flags=re.DOTALL | re.MULTILINE)
        assert count == 1
    path = clone / 'configs/on_r101.py'
    path.write_text(text)
    for stage in planned(path):
        assert stage.cfg.model.backbone.type == 'DeepLabResNet' and stage.cfg.model.decode_head.num_classes == 3
        check_builds(stage.cfg)


def test_all_examples_are_python():
    for page, line, block in python_blocks():
        compile(block, f'{page}:{line}', 'exec')


def test_examples_of_configs_are_found():
    pages = {param.values[0].name for param in CONFIG_BLOCKS}
    assert {
        'README.md',
        'adaptations.md',
        'custom_data.md',
        'evaluation.md',
        'pseudo_labels.md',
        'training.md',
    } <= pages


def command_lines() -> list[tuple[str, str]]:
    """Page and text of every call of a tool, optional parts included."""
    found = []
    for page in PAGES:
        text = page.read_text().replace('\\\n', ' ')
        for rest in re.findall(r'(?:python|--nproc_per_node=\d+) (tools/[\w/]+\.py[^\n`]*)', text):
            words = re.sub(r'\[|\]|\.\.\.', ' ', rest.partition(' #')[0])
            found.append((name(page), ' '.join(words.split())))
    return found


def parsed(line: str, monkeypatch) -> Namespace:
    """The arguments that a tool itself reads from a command line; its work is left out."""
    tool, *words = shlex.split(line)
    read = []
    monkeypatch.setattr(
        'mmseg_uda.utils.command.run_tool', lambda parse_args, work, stack=True: read.append(parse_args())
    )
    monkeypatch.setattr(sys, 'argv', [tool, *words])
    monkeypatch.syspath_prepend(str((ROOT / tool).parent))
    with patch.dict(sys.modules):  # a module that tools share keeps the function above
        runpy.run_path(str(ROOT / tool), run_name='__main__')
    return read[0]


# A tool that is named alone is no command.
LINES = [(page, line) for page, line in command_lines() if ' ' in line]


@pytest.mark.parametrize(('page', 'line'), LINES, ids=lambda value: value)
def test_command_line_is_read_by_its_tool(page, line, monkeypatch):
    filled = ' '.join(PLACEHOLDERS.get(word, word) for word in line.split(' '))
    arguments = parsed(filled, monkeypatch)
    named = [word for word in shlex.split(line) if word.startswith('configs/') and word != 'configs/my_data.py']
    assert all((ROOT / word).is_file() for word in named)
    if line.startswith('tools/train.py') and arguments.config in named:
        assert planned(Path(arguments.config), arguments.cfg_options or [], arguments.stage)
