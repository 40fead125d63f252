"""What a checkpoint may hold besides tensors, for ``torch.load(weights_only=True)``.

MMEngine's checkpoints carry its message hub (``HistoryBuffer``, NumPy arrays and scalars). Without this, upstream
MMEngine cannot resume its own checkpoints on torch >= 2.6, and the onedl fork falls back to loading arbitrary objects.
"""

import numpy as np
import torch
from mmengine.logging import HistoryBuffer


def history_buffer_method(owner: object, name: str) -> object:
    """Stands in for ``getattr``, by which a ``HistoryBuffer`` names its statistics (``HistoryBuffer.mean``).

    Raises:
        ValueError: For any other owner or a private name.
    """
    if owner is not HistoryBuffer or name.startswith('_'):
        raise ValueError(f'refusing to load a checkpoint that asks for attribute {name!r} of {owner!r}')
    return getattr(owner, name)


def register_safe_globals() -> None:
    """Allow these types, and nothing else, in checkpoints loaded with ``weights_only``."""
    dtypes = {type(np.dtype(name)) for name in ('bool', 'uint8', 'int32', 'int64', 'float32', 'float64')}
    rebuild_array = np.zeros(1).__reduce__()[0]
    rebuild_scalar = np.float64(0).__reduce__()[0]
    # NumPy 2 moved its core package; checkpoints written with NumPy 1 name the old place.
    moved = [
        (function, f'numpy.{core}.multiarray.{name}')
        for core in ('core', '_core')
        for function, name in ((rebuild_array, '_reconstruct'), (rebuild_scalar, 'scalar'))
    ]
    torch.serialization.add_safe_globals(
        [HistoryBuffer, np.ndarray, np.dtype, (history_buffer_method, 'builtins.getattr'), *moved, *dtypes]
    )
