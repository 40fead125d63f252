"""The small networks of the self-ensembling vectors: built as a config builds them, filled through the converter."""

import numpy as np
import torch
from mmseg.registry import MODELS
from torch import nn

import mmseg_uda.models  # noqa: F401  registers the parts
from mmseg_uda.released_weights import Conversion, convert_state_dict

from .parity import Case

EMBED_DIMS = (8, 16, 24, 32)


def mit_cfg(case: Case, released_epsilon: bool = True) -> dict:
    return dict(
        type='MiT',
        embed_dims=int(case['embed_dims'][0] // case['num_heads'][0]),
        num_layers=case['depths'].tolist(),
        num_heads=case['num_heads'].tolist(),
        sr_ratios=case['sr_ratios'].tolist(),
        released_epsilon=released_epsilon,
        drop_path_rate=0.0,
    )


def head_cfg(case: Case) -> dict:
    return dict(
        type='DAFormerHead',
        in_channels=case['in_channels'].tolist(),
        channels=case['channels'],
        embed_dims=case['embed_dims'],
        fusion=case['fusion'],
        num_classes=case['num_classes'],
        dropout_ratio=0,
    )


def stored_weights(case: Case, prefix: str = 'w_') -> dict[str, torch.Tensor]:
    return {key.removeprefix(prefix): case.tensor(key) for key in case.keys() if key.startswith(prefix)}  # noqa: SIM118


def load(network: nn.Module, state_dict: dict[str, torch.Tensor], source_format: str) -> Conversion:
    """Convert released weights for a network and load them; nothing is left over on either side."""
    conversion = convert_state_dict(state_dict, source_format, {k: v.shape for k, v in network.state_dict().items()})
    assert conversion.complete, conversion
    network.load_state_dict(conversion.state_dict, strict=True)
    return conversion


def build(**parts: dict) -> nn.ModuleDict:
    """Parts under the names they have in a segmentor, in float64."""
    return nn.ModuleDict({name: MODELS.build(cfg) for name, cfg in parts.items()}).double()


def probe(values: torch.Tensor) -> float:
    flat = values.detach().double().flatten().numpy()
    return float((flat * np.cos(np.arange(flat.size))).sum())


def weighted_sum(values: torch.Tensor) -> torch.Tensor:
    """``sum(values * cos(0, 1, 2, ...))``, of which the stored gradients are."""
    return (values.flatten() * torch.arange(values.numel(), dtype=torch.float64).cos()).sum()


def official_gradients(network: nn.Module, conversion: Conversion) -> dict[str, torch.Tensor]:
    """Gradients by released names; queries, keys and values apart again."""
    gradients = {name: parameter.grad for name, parameter in network.named_parameters()}
    return official(gradients, conversion.renamed)


def official(values: dict[str, torch.Tensor], renamed: dict[str, str]) -> dict[str, torch.Tensor]:
    """Parameters or their gradients by released names; ``renamed`` maps those to ours."""
    named = {}
    for released, ours in renamed.items():
        if ours in values:
            value = values[ours]
            if '.attn.q+kv.' in released:
                third = len(value) // 3
                named[released.replace('q+kv', 'q')], named[released.replace('q+kv', 'kv')] = (
                    value[:third],
                    value[third:],
                )
            else:
                named[released] = value
    return named
