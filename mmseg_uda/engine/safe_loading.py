"""Checkpoints are read as weights and plain data, never as code.

MMEngine's checkpoints carry its message hub (``HistoryBuffer``, NumPy arrays and scalars). Upstream MMEngine cannot
resume its own checkpoints on torch >= 2.6, and the onedl fork falls back to loading arbitrary objects. Here both read
local files with ``weights_only`` and these types allowed.
"""

import os.path as osp
import pickle

import numpy as np
import torch
from mmengine.logging import HistoryBuffer
from mmengine.runner.checkpoint import CheckpointLoader

from mmseg_uda.errors import UserError


def history_buffer_method(owner: object, name: str) -> object:
    """Stand in for ``getattr``, by which a ``HistoryBuffer`` names its statistics (``HistoryBuffer.mean``).

    Raises:
        pickle.UnpicklingError: For any other owner or a private name.
    """
    if owner is not HistoryBuffer or name.startswith('_'):
        raise pickle.UnpicklingError(f'it asks for attribute {name!r} of {owner!r}')
    return getattr(owner, name)


def safe_globals() -> list:
    """Types and functions, besides torch's own, that a checkpoint may name."""
    dtypes = {type(np.dtype(name)) for name in ('bool', 'uint8', 'int32', 'int64', 'float32', 'float64')}
    rebuild_array = np.zeros(1).__reduce__()[0]
    rebuild_scalar = np.float64(0).__reduce__()[0]
    # NumPy 2 moved its core package; checkpoints written with NumPy 1 name the old place.
    moved = [
        (function, f'numpy.{core}.multiarray.{name}')
        for core in ('core', '_core')
        for function, name in ((rebuild_array, '_reconstruct'), (rebuild_scalar, 'scalar'))
    ]
    return [HistoryBuffer, np.ndarray, np.dtype, (history_buffer_method, 'builtins.getattr'), *moved, *dtypes]


@CheckpointLoader.register_scheme(prefixes='', force=True)
def load_from_local(filename: str, map_location: object) -> dict:
    """MMEngine's loader of local files, which loads nothing but weights and plain data.

    Raises:
        UserError: There is no such file, it is incomplete or no checkpoint, or it holds other objects.
    """
    filename = osp.expanduser(filename)
    if not osp.isfile(filename):
        raise UserError(f'checkpoint {filename} does not exist')
    try:
        with torch.serialization.safe_globals(safe_globals()):
            checkpoint = torch.load(filename, map_location=map_location, weights_only=True)
    except pickle.UnpicklingError as error:
        if not _is_saved_by_torch(filename):
            raise _unreadable(filename, error) from error
        raise UserError(
            f'{filename} is not loaded, because it holds more than weights and plain data, and could run code: {error}'
        ) from None
    except (RuntimeError, EOFError, LookupError, ValueError) as error:
        raise _unreadable(filename, error) from error
    if not isinstance(checkpoint, dict):
        raise UserError(
            f'{filename} holds no weights by name but a {type(checkpoint).__name__}: name one of a training run'
        )
    if 'state_dict' not in checkpoint and all(isinstance(value, torch.Tensor) for value in checkpoint.values()):
        checkpoint = dict(state_dict=checkpoint)
    checkpoint.setdefault('meta', {})  # which MMSeg's init_model takes for granted
    return checkpoint


def _is_saved_by_torch(filename: str) -> bool:
    """Whether a file begins as ``torch.save`` begins one: a zip file, formerly a pickle."""
    with open(filename, 'rb') as file:
        return file.read(2) in (b'PK', b'\x80\x02')


def _unreadable(filename: str, error: Exception) -> UserError:
    why = (str(error).splitlines() or [type(error).__name__])[0]
    return UserError(
        f'{filename} cannot be read; is it complete, and a checkpoint? ({why}) Copy it again, or name another one'
    )
