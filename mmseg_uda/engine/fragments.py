"""Fragments (``_base_/adaptations``) take effect by ``model = _base_.name``; a later change of ``name`` is inert.

MMEngine would ignore such a change without a word, since the value was copied into ``model`` before.
"""

import ast
import os.path as osp
from collections.abc import Iterable, Iterator

from mmengine.config import Config

from mmseg_uda.errors import UserError
from mmseg_uda.utils.configs import PACKAGE
from mmseg_uda.utils.packaged import CONFIGS

from .options import top_keys


def check_fragments(cfg: Config, options: Iterable[str] = ()) -> None:
    """Refuse what changes a fragment after it was used.

    Args:
        cfg: A config read from a file.
        options: Keys of ``--cfg-options``.

    Raises:
        UserError: The message names the file or option and the key to set instead.
    """
    _check_helpers(cfg, options)
    fragments = {
        name
        for name, value in cfg.items()
        if name != 'model' and isinstance(value, dict) and isinstance(value.get('adaptations'), dict)
    }
    if not fragments:
        return
    used: set[str] = set()
    for path, tree in _with_bases(cfg.filename):
        assigned, taken = _assignments(tree)
        used |= taken & fragments
        for name in assigned & used:
            raise UserError(_message(path, name, cfg))


def _check_helpers(cfg: Config, options: Iterable[str]) -> None:
    """Refuse options of a name such as ``poly`` that files gave to other keys: those have its values already."""
    helpers = {name: key for key in options if (name := key.split('.')[0]) in cfg and name not in top_keys()}
    if not helpers:
        return
    takers = {name: [] for name in helpers}
    for _, tree in _with_bases(cfg.filename):
        for node in tree.body:
            if isinstance(node, ast.Assign):
                for name in _read(node.value) & helpers.keys():
                    takers[name] += [ast.unparse(target) for target in node.targets]
    for name, keys in takers.items():
        if keys:
            raise UserError(
                f'--cfg-options {helpers[name]} sets {name}, whose values {", ".join(dict.fromkeys(keys))} has taken '
                'already, so nothing would change: set it there'
            )


def _read(value: ast.expr) -> set[str]:
    """Names that an expression of a config file reads, its own file's and its bases'."""
    own = {part.id for part in ast.walk(value) if isinstance(part, ast.Name)}
    return own | _of_bases(value)


def _of_bases(value: ast.expr) -> set[str]:
    return {
        part.attr
        for part in ast.walk(value)
        if isinstance(part, ast.Attribute) and getattr(part.value, 'id', '') == '_base_'
    }


def _message(where: str, name: str, cfg: Config) -> str:
    adaptations = ', '.join(f'model.adaptations.{key}' for key in cfg[name].adaptations)
    return f'{where} sets {name}, whose values the model has taken already, so nothing would change: set {adaptations}'


def _with_bases(path: str) -> Iterator[tuple[str, ast.Module]]:
    """A config file's bases, theirs first, then itself; those of other packages (``mmseg::``) have no fragments."""
    if not path.endswith('.py') or not osp.isfile(path):
        return
    with open(path, encoding='utf-8') as file:
        tree = ast.parse(file.read(), path)
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], 'id', '') == '_base_':
            bases = node.value.elts if isinstance(node.value, ast.List | ast.Tuple) else [node.value]
            for base in bases:
                if isinstance(base, ast.Constant):
                    yield from _with_bases(_base_path(base.value, path))
    yield path, tree


def _base_path(base: str, path: str) -> str:
    """Where a base of the config file ``path`` is."""
    package, found, name = base.rpartition('::')
    return str(CONFIGS / name) if found and package == PACKAGE else osp.join(osp.dirname(path), base)


def _assignments(tree: ast.Module) -> tuple[set[str], set[str]]:
    """Names that a config file assigns at its top level, and names ``x`` that it takes by ``_base_.x`` for another."""
    assigned, taken = set(), set()
    for node in tree.body:
        if isinstance(node, ast.Assign):
            targets = {target.id for target in node.targets if isinstance(target, ast.Name)}
            assigned |= targets
            taken |= _of_bases(node.value) - targets
    return assigned, taken
