"""Keys of a config that nothing reads: each is found with the nearest known one."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from mmengine.config import Config
from torch.utils.data import DataLoader

from mmseg_uda.datasets.concat import part_configs
from mmseg_uda.errors import UserError

from .optimizers.constructor import ROLES
from .options import CLOSE, NAMED, arguments, is_known_type, parameters, top_keys, type_names

TYPO = 0.88
"""How alike a name at the top is to one that is meant: ``trian_cfg`` and ``train_cfg`` are 0.89; ``target_pipeline``,
which helps to write the rest, and ``test_pipeline`` 0.86."""

LOADER = {*parameters(DataLoader.__init__)[0], 'num_batch_per_epoch'}
"""Keys of a data loader, which has no type."""


def check_keys(cfg: Config) -> None:
    """Refuse what would be ignored, or fail when the part is built.

    Args:
        cfg: A whole config, read from a file or made from one.

    Raises:
        UserError: A key at the top is called much like one that is read; a dict with a type has a key that is no
            argument of it; there is no such type; or a hook or an adaptation has none.
    """
    known = top_keys()
    _check_top(cfg, known)
    for name in known & cfg.keys() - {'stages'}:  # whose entries are checked by the plan
        for key, node in _dicts(cfg[name], name):
            if key in NAMED:
                _check_types(node, key)
            else:
                _check_dict(node, key)


def _check_top(cfg: Config, known: set[str]) -> None:
    for name in sorted(cfg.keys() - known):
        for nearest in get_close_matches(name, known, 1, TYPO):
            raise UserError(f'{name} of {cfg.filename or "the config"} is read by nothing; did you mean {nearest}?')


def _dicts(value: Any, key: str) -> Iterator[tuple[str, Mapping]]:
    if isinstance(value, Mapping):
        yield key, value
        if value.get('type') == 'Albu':  # what it holds is another library's
            return
        for name, child in value.items():
            yield from _dicts(child, f'{key}.{name}')
    elif isinstance(value, list | tuple):
        for i, child in enumerate(value):
            yield from _dicts(child, f'{key}.{i}')


def _check_types(parts: Mapping, key: str) -> None:
    """Parts by names of their own have a type; one without is a typo of another's name."""
    for name, part in parts.items():
        if isinstance(part, Mapping) and 'type' not in part:
            others = [other for other in parts if other != name]
            nearest = get_close_matches(str(name), others, 1)
            hint = f'did you mean {key}.{nearest[0]}?' if nearest else f'there are {", ".join(others) or "none"}'
            raise UserError(f'{key}.{name} has no type, and no config that it inherits from gives it one; {hint}')


def _check_dict(node: Mapping, key: str) -> None:
    if 'datasets' in node:
        for part in part_configs(node):  # which have what stands beside them
            _check_dict(part, key)
        return
    kind = node.get('type')
    if key.endswith('_dataloader'):
        kind, known, is_whole = 'a data loader', LOADER, True
    elif kind is None and node.get('constructor') is None:
        return
    else:
        if isinstance(kind, str) and '_scope_' not in node and not is_known_type(kind):
            if re.fullmatch(r'model\.adaptations\.\w+', key):
                return  # its check lists what there is
            hint = ''.join(f'; did you mean {near}?' for near in get_close_matches(kind, type_names(), 1, CLOSE))
            raise UserError(
                f'{key}.type is {kind!r}, which is registered nowhere{hint or "."} One of your own is known once its '
                'module is in custom_imports'
            )
        known, is_whole = arguments(node, key)
        if re.fullmatch(rf'optim_wrapper(\.({"|".join(ROLES)}))?', key):
            known = {*known, *ROLES, 'constructor', 'paramwise_cfg'}
    for word in node:
        if is_whole and word not in known and word != 'type':
            what = kind if isinstance(kind, str) else getattr(kind, '__name__', 'it')
            nearest = get_close_matches(str(word), known, 1)
            hint = f'did you mean {key}.{nearest[0]}?' if nearest else f'{what} takes {", ".join(sorted(known))}'
            raise UserError(f'{key}.{word} is no argument of {what}; {hint}')
