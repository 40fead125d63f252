"""``--cfg-options`` that would change nothing, or nothing that is meant: each is found with the nearest known key."""

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

import mmseg.registry
from mmengine.config import Config
from mmengine.model import BaseModule
from mmengine.registry import Registry
from mmengine.runner import Runner

# What configs may have at their top besides the Runner's arguments.
TOP = (
    'custom_imports',
    'model_wrapper_cfg',
    'find_unused_parameters',
    'sync_bn',
    'compile',
    'stages',
    'test_pipeline',
    'tta_model',
    'tta_pipeline',
)
# Arguments that MMEngine's and MMCV's builders take out before a class sees the rest.
BUILDERS = (
    'type',
    '_scope_',
    '_delete_',
    'init_cfg',
    'priority',
    'requires_grad',
    'layer',
    'override',
    'convert_to_iter_based',
)
# Dicts of parts by names of their own; a new part brings its type.
NAMED = ('stages', 'default_hooks', 'model.adaptations')
CLOSE = 0.75
"""How alike two names are, from 0 to 1, that are taken for one name with a typo."""


def unfit_options(cfg: Config, options: dict) -> dict[str, str]:
    """Find the options that do not fit a config.

    Args:
        cfg: The config before they are merged.
        options: ``{'a.b.c': value}`` as ``--cfg-options`` gives them.

    Returns:
        ``{key: why}``: a word of the key is neither in the config nor an argument of the class there, or the place has
        no parts, such as the folder of source images in a stage without any.
    """
    found = {key: _why_unfit(cfg, key, options) for key in options}
    return {key: why for key, why in found.items() if why is not None}


def _why_unfit(cfg: Config, key: str, options: dict) -> str | None:
    node: Any = cfg
    words = key.split('.')
    for i, word in enumerate(words):
        prefix = '.'.join(words[:i])
        if f'{prefix}._delete_' in options:
            return None  # what follows is a new dict
        if isinstance(node, list):
            if not word.isdigit() or int(word) >= len(node):
                return f'{prefix} is a list of {len(node)}, which has no {word}'
            node = node[int(word)]
        elif not isinstance(node, dict | Config):
            return f'{prefix} is {node!r}'
        elif word in node:
            node = node[word]
        else:
            return _why_not_new(node, prefix, word, options, options[key])
    return None


def _why_not_new(node: dict | Config, prefix: str, word: str, options: dict, value: Any) -> str | None:
    """Why a dict of a config cannot get one more key; None if it can."""
    here = f'{prefix}.{word}' if prefix else word
    if word == '_delete_' or isinstance(value, dict) or f'{here}.type' in options or prefix.startswith('stages.'):
        return None  # a new part of the config; entries of stages are checked by the plan
    known, is_whole = arguments(node, prefix, options)
    if word in known:
        return None
    names = [*dict.fromkeys((*node, *known))]
    if not (is_whole or get_close_matches(word, names, 1, CLOSE)):
        return None
    missing = f'{prefix or "the config"} has no {word}'
    if nearest := get_close_matches(word, names, 1):
        return f'{missing}; did you mean {prefix}.{nearest[0]}?' if prefix else f'{missing}; did you mean {nearest[0]}?'
    return f'{missing}; it has {", ".join(sorted(map(str, names)))}'


def arguments(node: Mapping, prefix: str, options: Mapping = MappingProxyType({})) -> tuple[set[str], bool]:
    """What a dict of a config may hold besides what it holds, and whether that is all."""
    if not prefix:
        return top_keys(), True
    if prefix == 'randomness':
        return parameters(Runner.set_randomness)
    if prefix in NAMED:
        return set(), True
    kind = options.get(f'{prefix}.type', node.get('type'))
    if prefix == 'optim_wrapper' and node.get('constructor') == 'JointOptimWrapperConstructor':
        kind = 'JointOptimWrapper'
    if kind is None:
        return set(), False
    known, is_whole = set(BUILDERS), True
    classes = list(_registered(kind))
    for cls in classes:
        names, is_closed = parameters_of_class(cls)
        known |= names
        is_whole &= is_closed
    return known, is_whole and bool(classes)


def top_keys() -> set[str]:
    """What is read of a config; all else at its top helps to write the rest."""
    return {*TOP, *parameters(Runner.__init__)[0]}


def is_known_type(kind: str) -> bool:
    """Whether a name is in any of MMSeg's registries, or of a package that may have it."""
    return '.' in kind or any(True for _ in _registered(kind))


def type_names() -> set[str]:
    """Every name that is registered."""
    return {name for registry in _registries() for name in registry.module_dict}


def _registries() -> list[Registry]:
    """MMSeg's registries and MMEngine's above them."""
    own = [value for value in vars(mmseg.registry).values() if isinstance(value, Registry)]
    return own + [registry.parent for registry in own if registry.parent]


def _registered(kind: str | type) -> Iterator[Callable]:
    """The classes or functions that a ``type`` may mean; a name may be in several of MMSeg's registries."""
    if not isinstance(kind, str):
        yield kind
        return
    known = [registry.module_dict[kind] for registry in _registries() if kind in registry.module_dict]
    # The other way finds names of other scopes, and takes long where there is none.
    yield from known or filter(None, (registry.get(kind) for registry in _registries()))


@functools.cache
def parameters_of_class(cls: Callable) -> tuple[set[str], bool]:
    """Names of the arguments of a class, those of its bases too where it hands the rest to them; whether it is all."""
    if not isinstance(cls, type):
        return parameters(cls)
    known: set[str] = set()
    for base in cls.__mro__[:-1]:
        if '__init__' in vars(base):
            names, is_closed = parameters(base.__init__)
            known |= names
            if is_closed:
                # BaseModule has no use for what it gets: a class that hands it the rest reads some itself.
                return known, base is not BaseModule or base is cls
    return known, False


def parameters(function: Callable) -> tuple[set[str], bool]:
    """Names of the arguments of a function, and whether it takes no others."""
    taken = inspect.signature(function).parameters.values()
    names = {p.name for p in taken if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)} - {'self'}
    return names, not any(p.kind is p.VAR_KEYWORD for p in taken)
