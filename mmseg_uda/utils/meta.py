"""Networks without memory for their weights."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmengine.utils import to_2tuple
from torch import nn
from torch.func import functional_call
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


@torch.no_grad()
def outputs_on_meta(backbone: nn.Module) -> list:
    """What a backbone gives for an image, without values: shapes for no time and memory. It stays as it is.

    Args:
        backbone: Takes N,3,H,W of any size, or of its ``img_size`` (BEiT).

    Returns:
        Its outputs, meta tensors as a rule.
    """
    weights = {name: value.to('meta') for name, value in (*backbone.named_parameters(), *backbone.named_buffers())}
    image = torch.empty(1, 3, *to_2tuple(getattr(backbone, 'img_size', 64)), device='meta')
    training = backbone.training
    backbone.eval()  # a batch of one has no statistics
    outputs = functional_call(backbone, weights, (image,))
    backbone.train(training)
    return list(outputs)
