"""Activation checkpointing that BatchNorm, dropout and DDP do not notice.

What is recomputed: the **blocks**, see :func:`is_block`.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache, partial

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint


def is_block(module: nn.Module) -> bool:
    """Whether a module is a block, whose activations are recomputed as a whole.

    A block is what MMSeg itself could checkpoint, the innermost modules with a ``with_cp`` (blocks of ResNet, MiT,
    Swin, ViT and their kind), or a module whose class says ``checkpointable = True`` (our VGG stages).
    """
    if getattr(module, 'checkpointable', False):
        return True
    return hasattr(module, 'with_cp') and not any(
        hasattr(child, 'with_cp') for child in module.modules() if child is not module
    )


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


def checkpoint_activations(module: nn.Module) -> list[str]:
    """Recompute the activations of a network's blocks in the backward pass instead of keeping them.

    Outputs, gradients, running statistics and ``num_batches_tracked`` are those without it:
    dropout and drop path repeat their masks, and BatchNorm does not count the recomputation. It is
    non-reentrant, so a module may run twice in one forward (source and target) under DDP; MMSeg's
    own, ``with_cp``, is not and is turned off. Names in ``state_dict()`` stay; nothing happens
    where gradients are disabled.

    A block's class changes rather than its ``forward`` attribute, so that a deep copy (an EMA
    teacher) runs its own weights.

    Args:
        module: A network whose blocks (:func:`is_block`) are changed in place; it may be a block
            itself. Blocks inside a block are left alone.

    Returns:
        Names of the blocks, ``''`` for ``module`` itself; none where the network has none.
    """
    names: list[str] = []
    _change_blocks(module, '', names)
    return names


def _change_blocks(module: nn.Module, name: str, names: list[str]) -> None:
    if is_block(module):
        if not isinstance(module, _Checkpointed):
            module.__class__ = _checkpointed_class(type(module))
            module.with_cp = False
        names.append(name)
        return
    for child_name, child in module.named_children():
        _change_blocks(child, f'{name}.{child_name}'.lstrip('.'), names)
