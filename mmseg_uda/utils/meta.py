"""Networks without memory for their weights."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.overrides import TorchFunctionMode


class _LinspaceOnCPU(TorchFunctionMode):
    """Transformers read their drop path rates off a ``linspace``, and a meta tensor has no values to read."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        if func is torch.linspace:
            kwargs.setdefault('device', 'cpu')
        return func(*args, **kwargs)


@contextmanager
def on_meta() -> Iterator[None]:
    """Build networks on the meta device: names, shapes and graphs, but no values. Works for MMSeg's transformers."""
    with torch.device('meta'), _LinspaceOnCPU():
        yield
