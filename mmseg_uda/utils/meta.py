"""Networks without memory for their weights."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmengine.utils import to_2tuple
from torch import Tensor, nn
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
def outputs_on_meta(module: nn.Module, inputs: Tensor | tuple) -> tuple:
    """What a backbone or neck gives for meta tensors: shapes for no time and memory. It stays as it is itself."""
    weights = {name: value.to('meta') for name, value in (*module.named_parameters(), *module.named_buffers())}
    training = module.training
    module.eval()  # a batch of one has no statistics
    outputs = functional_call(module, weights, (inputs,))
    module.train(training)
    return tuple(outputs)


def image_on_meta(backbone: nn.Module) -> Tensor:
    """An image 1,3,H,W without values, of 64x64 pixels or of the only size that the backbone takes (BEiT)."""
    return torch.empty(1, 3, *to_2tuple(getattr(backbone, 'img_size', 64)), device='meta')
