"""Who may import whom: arrows run one way, also those inside functions."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

# From the bottom to the top. A room imports itself and rooms above its line; rooms of one line do not know each other.
# A file is of the room with the longest name that its path begins with.
LEVELS = (
    ('errors', 'version'),
    ('utils', 'released_mit'),
    ('pseudo_labels.rounds', 'visualization', 'models.ops', 'models.data_preprocessor', 'minicity'),
    ('datasets', 'models.losses', 'models.backbones', 'models.necks', 'models.discriminators'),
    ('evaluation', 'models.decode_heads'),
    ('models.domain_output',),
    ('models.adaptations',),
    ('models.checkpoints',),
    ('models.segmentors',),
    ('models',),
    ('pseudo_labels', 'released_weights'),
    ('export',),
    ('engine',),
    ('tools',),
    ('cli',),
    ('__main__',),
)
LEVEL = {room: i for i, rooms in enumerate(LEVELS) for room in rooms}
LIGHT = ('errors', 'utils', 'version')
"""Rooms that ``mmseg_uda/__init__.py`` may import, since whoever imports any of our modules runs it."""


def room_of(module: str) -> str:
    """Room of a module, named without ``mmseg_uda.``."""
    words = module.split('.')
    names = ['.'.join(words[:n]) for n in range(len(words), 0, -1)]
    return next((name for name in names if name in LEVEL), module)


def imports(path: Path, source: str) -> Iterator[tuple[int, str]]:
    """Line and name, without ``mmseg_uda.``, of each module of ours that a file imports.

    What is only there for type checkers does not run, so it is left out.
    """
    for node in running_nodes(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = path.parent.parts[: len(path.parent.parts) - node.level + 1] if node.level else ()
            module = '.'.join([*package, *([node.module] if node.module else [])])
            names = [f'{module}.{alias.name}' for alias in node.names]
        else:
            continue
        for name in names:
            if name.startswith('mmseg_uda.'):
                yield node.lineno, name.removeprefix('mmseg_uda.')


def running_nodes(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == 'TYPE_CHECKING':
            continue
        yield child
        yield from running_nodes(child)


def wrong_arrows(path: Path, source: str) -> list[str]:
    """Imports of a file, whose path is relative to the root, that run against the order."""
    if path == Path('mmseg_uda/__init__.py'):
        return [f'{path}:{line} imports {name}' for line, name in imports(path, source) if room_of(name) not in LIGHT]
    own = room_of('.'.join(path.with_suffix('').parts).removeprefix('mmseg_uda.').removesuffix('.__init__'))
    own = 'tools' if path.parts[0] == 'tools' else own
    assert own in LEVEL, f'{path} is in no room: give it a place in LEVELS'
    return [
        f'{path}:{line} imports {name}: {own} may not know {room_of(name)}'
        for line, name in imports(path, source)
        if room_of(name) != own and LEVEL.get(room_of(name), len(LEVELS)) >= LEVEL[own]
    ]


def test_arrows_run_one_way():
    paths = [path.relative_to(ROOT) for folder in ('mmseg_uda', 'tools') for path in (ROOT / folder).rglob('*.py')]
    wrong = [arrow for path in paths for arrow in wrong_arrows(path, (ROOT / path).read_text())]
    assert not wrong, '\n'.join(sorted(wrong))


@pytest.mark.parametrize(
    ('path', 'source', 'said'),
    [
        ('mmseg_uda/utils/x.py', 'import mmseg_uda.models.ops', 'utils may not know models.ops'),
        ('mmseg_uda/models/losses/x.py', 'def f():\n    from ..adaptations import base', 'know models.adaptations'),
        ('mmseg_uda/models/losses/x.py', 'from ..ops.similarity import rows', None),
        ('mmseg_uda/models/ops/x.py', 'from .. import losses', 'models.ops may not know models.losses'),
        ('mmseg_uda/datasets/x.py', 'from mmseg_uda.pseudo_labels.rounds import map_path', None),
        ('mmseg_uda/datasets/x.py', 'from mmseg_uda.pseudo_labels import generation', 'may not know pseudo_labels'),
        ('mmseg_uda/datasets/x.py', 'from mmseg_uda.evaluation import SubsetIoUMetric', 'may not know evaluation'),
        ('mmseg_uda/models/necks/x.py', 'from ..backbones import VGG', 'models.necks may not know models.backbones'),
        ('mmseg_uda/models/adaptations/x.py', 'if TYPE_CHECKING:\n    from ..segmentors import UDASegmentor', None),
        ('mmseg_uda/engine/hooks/x.py', 'from ..launch import build_runner', None),
        ('mmseg_uda/__init__.py', 'from .engine import stages', 'imports engine.stages'),
        ('tools/x.py', 'from mmseg_uda.engine.launch import build_runner', None),
    ],
)
def test_a_wrong_arrow_is_named(path, source, said):
    wrong = wrong_arrows(Path(path), source)
    assert (not wrong) if said is None else (len(wrong) == 1 and said in wrong[0]), wrong
