"""Names of Mix Transformers' weights: SegFormer's official ones and MMSeg's."""

import re
from collections.abc import Mapping

import torch
from torch import Tensor

PARTS = {
    'attn.q+kv.': 'attn.attn.in_proj_',
    'attn.proj.': 'attn.attn.out_proj.',
    'attn.sr.': 'attn.sr.',
    'attn.norm.': 'attn.norm.',
    'mlp.fc1.': 'ffn.layers.0.',
    'mlp.dwconv.dwconv.': 'ffn.layers.1.',
    'mlp.fc2.': 'ffn.layers.4.',
    'norm1.': 'norm1.',
    'norm2.': 'norm2.',
}
"""Parts of a block."""


def merge_queries(state_dict: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Join ``attn.q`` and ``attn.kv`` to ``attn.q+kv``: MMSeg has one layer for queries, keys and values."""
    merged = dict(state_dict)
    for key in state_dict:
        other = re.sub(r'\.attn\.q\.(weight|bias)$', r'.attn.kv.\1', key)
        if other != key and other in merged:
            merged[other.replace('.attn.kv.', '.attn.q+kv.')] = torch.cat([merged.pop(key), merged.pop(other)])
    return merged


def rename_mit(key: str) -> str | None:
    """MMSeg's name of an official one, without ``backbone.``; MMSeg's own names are kept, others are None."""
    if re.match(r'layers\.\d\.', key):
        return key
    if match := re.fullmatch(r'patch_embed(\d)\.(proj|norm)\.(.*)', key):
        return f'layers.{int(match[1]) - 1}.0.{"projection" if match[2] == "proj" else "norm"}.{match[3]}'
    if match := re.fullmatch(r'norm(\d)\.(.*)', key):
        return f'layers.{int(match[1]) - 1}.2.{match[2]}'
    if match := re.fullmatch(r'block(\d)\.(\d+)\.(.*)', key):
        for official, ours in PARTS.items():
            if match[3].startswith(official):
                return f'layers.{int(match[1]) - 1}.1.{match[2]}.{ours}{match[3].removeprefix(official)}'
    return None
