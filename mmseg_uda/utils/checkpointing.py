"""Activation checkpointing that BatchNorm, dropout and DDP do not notice."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache, partial

import torch
from mmseg.models.backbones.resnet import BasicBlock, Bottleneck
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint

from mmseg_uda.errors import UserError

BLOCKS: tuple[type[nn.Module], ...] = (BasicBlock, Bottleneck)
"""Kinds of modules that :func:`checkpoint_activations` recomputes by default.

A module of another kind takes part when its class says ``checkpointable = True``.
"""


@contextmanager
def _spare_statistics(module: nn.Module) -> Iterator[None]:
    """Let BatchNorm layers count into copies of their buffers.

    Turning ``track_running_stats`` off would do, but then BatchNorm saves fewer tensors than in the
    first pass, which torch's check of the recomputation refuses.
    """
    kept = [
        (norm, name, buffer)
        for norm in module.modules()
        if isinstance(norm, _BatchNorm) and norm.training
        for name, buffer in norm.named_buffers(recurse=False)
    ]
    for norm, name, buffer in kept:
        setattr(norm, name, buffer.clone())
    try:
        yield
    finally:
        for norm, name, buffer in kept:
            setattr(norm, name, buffer)


def _contexts(module: nn.Module) -> tuple[AbstractContextManager, AbstractContextManager]:
    return nullcontext(), _spare_statistics(module)


class _Checkpointed:
    """Mixed into a block's class: recompute its activations in the backward pass."""

    def forward(self, *args, **kwargs):
        if not torch.is_grad_enabled():
            return super().forward(*args, **kwargs)
        return checkpoint(
            super().forward,
            *args,
            use_reentrant=False,
            context_fn=partial(_contexts, self),
            **kwargs,
        )


@cache
def _checkpointed_class(cls: type[nn.Module]) -> type[nn.Module]:
    return type(f'Checkpointed{cls.__name__}', (_Checkpointed, cls), {})


def checkpoint_activations(module: nn.Module, blocks: tuple[type[nn.Module], ...] = BLOCKS) -> list[str]:
    """Recompute the activations of a network's blocks in the backward pass instead of keeping them.

    Outputs, gradients, running statistics and ``num_batches_tracked`` are those without it:
    dropout repeats its mask, and BatchNorm does not count the recomputation. It is non-reentrant,
    so a module may run twice in one forward (source and target) under DDP. Names in
    ``state_dict()`` stay; nothing happens where gradients are disabled.

    A block's class changes rather than its ``forward`` attribute, so that a deep copy (an EMA
    teacher) runs its own weights.

    Args:
        module: A network whose blocks are changed in place; it may be a block itself. Blocks
            inside a block are left alone.
        blocks: Classes to recompute, besides those with ``checkpointable = True``.

    Returns:
        Names of the changed blocks, ``''`` for ``module`` itself.

    Raises:
        UserError: There is no such block in ``module``.
    """
    names: list[str] = []
    _change_blocks(module, '', blocks, names)
    if not names:
        known = ', '.join(cls.__name__ for cls in blocks)
        raise UserError(
            f'activation checkpointing: {type(module).__name__} has none of the blocks it '
            f'knows ({known}, or a class with `checkpointable = True`)'
        )
    return names


def _change_blocks(module: nn.Module, name: str, blocks: tuple, names: list[str]) -> None:
    if isinstance(module, blocks) or getattr(module, 'checkpointable', False):
        if not isinstance(module, _Checkpointed):
            module.__class__ = _checkpointed_class(type(module))
        names.append(name)
        return
    for child_name, child in module.named_children():
        _change_blocks(child, f'{name}.{child_name}'.lstrip('.'), blocks, names)
