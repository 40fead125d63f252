"""BatchNorm statistics of another domain: AdaBN, Li et al., "Revisiting Batch Normalization For Practical Domain
Adaptation", 2016, Section 3.2, with the statistics of all images instead of a moving average of them."""

from collections.abc import Iterable

import torch
from mmseg.models.segmentors import EncoderDecoder
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from mmseg_uda.errors import UserError


def tracked_norms(model: nn.Module) -> dict[str, _BatchNorm]:
    """``{name: layer}`` of the BatchNorm layers (also SyncBN) that keep running statistics."""
    return {
        name: module
        for name, module in model.named_modules()
        if isinstance(module, _BatchNorm) and module.track_running_stats
    }


def recompute_norm_statistics(model: EncoderDecoder, batches: Iterable[dict]) -> list[str]:
    """Replace the running statistics of every BatchNorm layer by the mean of its batches' statistics.

    Only BatchNorm layers are in training mode meanwhile; no weight and no label is touched. Afterwards every module
    has the mode and the momentum it had. A layer that these images do not pass (an auxiliary head) keeps its
    statistics, and all do after an error.

    Args:
        model: Run as on target images at test time; not wrapped.
        batches: Collated samples ``dict(inputs=[...], data_samples=[...])`` of equal batch size, each of which counts
            the same.

    Returns:
        Names of the layers whose statistics are new.

    Raises:
        UserError: The model has no BatchNorm layer.
        UserError: There is no batch, or a layer sees a single value per channel.
    """
    norms = tracked_norms(model)
    if not norms:
        raise UserError(
            'the net has no BatchNorm layer with running statistics, so there is nothing to recompute (GroupNorm and '
            'LayerNorm take theirs from each image)'
        )
    modes = [(module, module.training) for module in model.modules()]
    momenta = {name: norm.momentum for name, norm in norms.items()}
    before = {name: {key: value.clone() for key, value in norm.named_buffers()} for name, norm in norms.items()}
    passed: list[str] = []
    model.eval()
    for norm in norms.values():
        norm.reset_running_stats()
        norm.momentum = None  # torch: a cumulative average
        norm.train()
    try:
        with torch.no_grad():
            for batch in batches:
                model(**model.data_preprocessor(batch, False), mode='tensor')
        passed = [name for name, norm in norms.items() if norm.num_batches_tracked > 0]
    finally:
        for name, norm in norms.items():
            norm.momentum = momenta[name]
            if name not in passed:
                norm.load_state_dict(before[name], strict=False)
        for module, mode in modes:
            module.training = mode
    if not passed:
        raise UserError('no images were given, so the statistics are as they were')
    return passed
