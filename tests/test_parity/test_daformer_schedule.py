"""DAFormer's rates and weight decays through MMEngine: curve and every parameter's group."""

import re

import pytest
import torch
from mmengine.optim import build_optim_wrapper
from mmengine.registry import PARAM_SCHEDULERS

import mmseg_uda.engine  # noqa: F401  registers the optimisers' constructor
from mmseg_uda.released_mit import rename_mit

from .parity import assert_close, cases
from .released_network import build

ALL = cases('daformer_schedule.npz')
OPTIMIZER = dict(type='AdamW', lr=6e-5, betas=(0.9, 0.999), weight_decay=0.01)
OPTIM_WRAPPER = dict(
    constructor='JointOptimWrapperConstructor',
    segmentor=dict(
        optimizer=OPTIMIZER,
        # "norm" as a key would miss the norms at the end of MMSeg's stages, whose names do not say so.
        paramwise_cfg=dict(norm_decay_mult=0.0, custom_keys=dict(decode_head=dict(lr_mult=10.0))),
    ),
)


def schedule(max_iters: int, power: float, warmup_iters: int, warmup_ratio: float) -> list[dict]:
    """As a config has it: the decay runs during the warm-up too, and both reach the paper's values by one more."""
    return [
        dict(type='LinearLR', start_factor=warmup_ratio, begin=0, end=warmup_iters + 1, by_epoch=False),
        dict(type='PolyLR', power=power, eta_min=0, begin=0, end=max_iters + 1, by_epoch=False),
    ]


@pytest.mark.parametrize('case', [c for c in ALL if c.name.startswith('A_')], ids=str)
def test_curve(case):
    weights = [torch.nn.Parameter(torch.zeros(1)) for _ in case['base_lr']]
    optimizer = torch.optim.SGD([dict(params=[w], lr=lr) for w, lr in zip(weights, case['base_lr'], strict=True)])
    cfgs = schedule(case['max_iters'], case['power'], case['warmup_iters'], case['warmup_ratio'])
    schedulers = [PARAM_SCHEDULERS.build(cfg, default_args=dict(optimizer=optimizer)) for cfg in cfgs]
    rates = []
    for _ in range(max(case['iters']) + 1):
        rates.append([group['lr'] for group in optimizer.param_groups])
        optimizer.step()
        for scheduler in schedulers:
            scheduler.step()
    assert_close([rates[i] for i in case['iters']], case['lr'], rtol=1e-9, scale='elementwise')


def our_name(released: str) -> str:
    if released.startswith('decode_head.'):
        return released
    return f'backbone.{rename_mit(re.sub(r"[.]attn[.](q|kv)[.]", ".attn.q+kv.", released.removeprefix("backbone.")))}'


@pytest.mark.parametrize('case', [c for c in ALL if c.name.startswith('B_')], ids=str)
def test_groups(case):
    channels = (4, 8, 12, 16)
    model = build(
        backbone=dict(type='MiT', embed_dims=4, num_layers=(1, 1, 1, 1), num_heads=(1, 2, 3, 4)),
        decode_head=dict(type='DAFormerHead', in_channels=channels, channels=4, embed_dims=4, num_classes=5),
    )
    wrapper = build_optim_wrapper(model, OPTIM_WRAPPER)
    groups = {id(p): group for group in wrapper['segmentor'].optimizer.param_groups for p in group['params']}
    options = {name: groups[id(p)] for name, p in model.named_parameters()}
    names = [our_name(name) for name in case['names']]
    assert set(names) == options.keys()
    assert_close([options[n]['lr'] for n in names], case['param_lr'], rtol=1e-9, scale='elementwise')
    assert_close([options[n]['weight_decay'] for n in names], case['param_decay'], rtol=1e-9)
