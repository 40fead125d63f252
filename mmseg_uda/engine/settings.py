"""What the result of a training run follows from: kept in its folder, so that no run goes on with other settings."""

import hashlib
import json
import os.path as osp
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.dist import get_world_size, master_only

from mmseg_uda.errors import UserError
from mmseg_uda.utils.files import written_aside

FILE = 'settings.json'
PARTS = (
    'model',
    'data_preprocessor',
    'train_dataloader',
    'train_cfg',
    'optim_wrapper',
    'param_scheduler',
    'auto_scale_lr',
    'default_hooks',
    'custom_hooks',
    'load_from',
    'randomness',
)
CHOICE = ('val_dataloader', 'val_evaluator')
"""What the best checkpoint is chosen by; the last one does not depend on it."""

CHOOSING = r'train_cfg\.(val_|dynamic_intervals)|default_hooks\.checkpoint\.(save_best|rule)'
INERT = (
    r'\w+_dataloader\.(num_workers|persistent_workers|pin_memory|prefetch_factor)$'
    r'|default_hooks\.(timer|logger|visualization|checkpoint|termination|missed_validation)\b'
    r'|default_hooks\.pseudo_labels\.(overlays|num_workers)$'
    r'|model\.activation_checkpointing$|optim_wrapper\.max_skipped$'
)
PROCESSES = 'processes'
"""How many share the stream of samples: a run that is not finished goes on with as many."""

SHOWN = 3


def settings_of(cfg: Config, results: Mapping[str, str], best: bool = False) -> dict[str, Any]:
    """Every value of a config that the weights after training follow from, by its key.

    Args:
        cfg: A training config.
        results: Paths of files that other runs of a launch make, and what stands for each in place of its path.
        best: Whether the best checkpoint counts as the result, so that how it is chosen counts too.

    Returns:
        ``{'a.b.0.c': value}`` of plain values, as JSON keeps them.
    """
    plain = cfg.to_dict()
    parts = (*PARTS, *CHOICE) if best else PARTS
    values = dict(item for part in parts for item in leaves(plain.get(part), part))
    counted = {
        key: results.get(value, value) if isinstance(value, str) else value
        for key, value in values.items()
        if (re.match(CHOOSING, key) and best) or not re.match(f'{CHOOSING}|{INERT}', key)
    }
    return json.loads(json.dumps({**counted, PROCESSES: get_world_size()}, default=str))


def leaves(value: Any, key: str) -> Iterator[tuple[str, Any]]:
    """Yield ``(key, value)`` of every value below one that is no dict or list; empty ones too."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list | tuple) else ()
    if not items:
        yield key, value
    for name, child in items:
        yield from leaves(child, f'{key}.{name}')


def digest(settings: dict[str, Any]) -> str:
    """A short name for settings; a result is taken whatever number of processes made it."""
    counted = {key: value for key, value in settings.items() if key != PROCESSES}
    return hashlib.sha256(json.dumps(counted, sort_keys=True).encode()).hexdigest()[:12]


@master_only
def keep_settings(folder: str, settings: dict[str, Any]) -> None:
    """Write the settings into a run's folder."""
    with written_aside(Path(folder, FILE)) as aside:
        aside.write_text(json.dumps(settings, indent=0, sort_keys=True) + '\n')


def kept_settings(folder: str) -> dict[str, Any] | None:
    """The settings of the run in a folder; None where it has no checkpoint or they are not known."""
    path = Path(folder, FILE)
    has_checkpoint = osp.isfile(osp.join(folder, 'last_checkpoint'))
    return json.loads(path.read_text()) if has_checkpoint and path.is_file() else None


def check_settings(folder: str, settings: dict[str, Any], remedy: str, free: Collection[str] = ()) -> None:
    """A run in a folder had these settings, if there was one.

    Args:
        folder: The run's work dir.
        settings: What is asked for now.
        remedy: What to do, for the message.
        free: Keys that may differ.

    Raises:
        UserError: It had others; the message names the first and both values.
    """
    kept = kept_settings(folder)
    if kept is None:
        return
    keys = [key for key in {**kept, **settings} if key not in free and not _same(key, kept, settings)]
    if not keys:
        return
    shown = '; '.join(f'{key} was {_text(kept, key)}, is {_text(settings, key)}' for key in keys[:SHOWN])
    more = f'; {len(keys) - SHOWN} more' if len(keys) > SHOWN else ''
    raise UserError(
        f'{folder} was trained with other settings: {shown}{more}. {remedy}. (If the result does not depend on the '
        f'difference, delete {osp.join(folder, FILE)})'
    )


def _same(key: str, kept: dict[str, Any], settings: dict[str, Any]) -> bool:
    if key not in kept or key not in settings:
        return False
    values = kept[key], settings[key]
    if key.endswith('.data_root') and all(isinstance(value, str) for value in values):
        return len({osp.basename(value.rstrip('/')) for value in values}) == 1  # data may be moved
    return values[0] == values[1]


def _text(settings: dict[str, Any], key: str) -> str:
    return repr(settings[key]) if key in settings else 'not set'
