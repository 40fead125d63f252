"""Updates repeated on one gradient, and which tensors the configs repeat."""

import warnings

import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import OPTIMIZERS
from mmseg.registry import MODELS
from torch import nn

from mmseg_uda.engine.optimizers import RepeatedSGD
from mmseg_uda.engine.stages import plan_stages
from mmseg_uda.utils.meta import on_meta

OPTIONS = dict(lr=0.1, momentum=0.9, weight_decay=0.05)


def tensors() -> list[nn.Parameter]:
    generator = torch.Generator().manual_seed(0)
    return [nn.Parameter(torch.randn(3, 4, generator=generator, dtype=torch.float64)) for _ in range(3)]


def steps(optimizer: torch.optim.Optimizer, weights: list[nn.Parameter], first: int, last: int) -> None:
    """Steps whose gradient depends on the weights and on the step."""
    for step in range(first, last):
        optimizer.zero_grad()
        sum(((w - step) ** 3).sum() * 0.01 for w in weights).backward()
        optimizer.step()


def repeated(weights: list[nn.Parameter]) -> torch.optim.Optimizer:
    groups = [dict(params=[weights[0]]), dict(params=[weights[1]], repeats=3), dict(params=[weights[2]], repeats=4)]
    return OPTIMIZERS.build(dict(type='RepeatedSGD', params=groups, **OPTIONS))


def listed(weights: list[nn.Parameter]) -> torch.optim.Optimizer:
    """torch's SGD on the released kind of list, each tensor as often as it is updated."""
    with warnings.catch_warnings():
        warnings.filterwarnings('ignore', message='.*duplicate parameters')
        optimizer = torch.optim.SGD([weights[0], *[weights[1]] * 3, *[weights[2]] * 4], **OPTIONS, foreach=False)
    # Newer versions of torch read every buffer before the first update, so that in the very first step each entry of
    # a list would start one of its own; those of the released code did not. With buffers that are there both agree.
    for weight in weights:
        optimizer.state[weight]['momentum_buffer'] = torch.zeros_like(weight)
    return optimizer


def test_equals_torchs_sgd_on_the_repeated_list():
    ours, theirs, once = tensors(), tensors(), tensors()
    steps(repeated(ours), ours, 0, 5)
    steps(listed(theirs), theirs, 0, 5)
    steps(torch.optim.SGD(once, **OPTIONS), once, 0, 5)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)
    torch.testing.assert_close(ours[0], once[0], rtol=0, atol=0)
    assert (ours[1] - once[1]).abs().max() > 0.1


def test_goes_on_from_its_state():
    whole, part = tensors(), tensors()
    steps(repeated(whole), whole, 0, 5)
    before = repeated(part)
    steps(before, part, 0, 2)
    after = OPTIMIZERS.build(dict(type='RepeatedSGD', params=[dict(params=[w]) for w in part], **OPTIONS))
    after.load_state_dict(before.state_dict())
    steps(after, part, 2, 5)
    torch.testing.assert_close(part, whole, rtol=0, atol=0)


def released_list(*blocks: nn.Module) -> list[int]:
    """``id`` of what ``get_1x_lr_params_NOscale`` yields: the parameters of every module in every block."""
    return [id(p) for b in blocks for module in b.modules() for p in module.parameters() if p.requires_grad]


def optimizer_of(path: str, stage: str | None = None) -> tuple[nn.Module, torch.optim.Optimizer]:
    cfg = Config.fromfile(path)
    if stage:
        cfg.work_dir, cfg.launcher = 'work_dirs/x', 'none'
        cfg = next(planned.cfg for planned in plan_stages(cfg, {}, stage) if planned.entry == stage)
    with on_meta():
        model = MODELS.build(cfg.model)
    return model, build_optim_wrapper(model, cfg.optim_wrapper)['segmentor'].optimizer


def updates(optimizer: torch.optim.Optimizer) -> dict[int, int]:
    """Updates of each parameter in a step."""
    repeats = isinstance(optimizer, RepeatedSGD)
    return {
        id(p): group.get('repeats', 1) if repeats else 1 for group in optimizer.param_groups for p in group['params']
    }


@pytest.mark.parametrize(
    ('path', 'stage', 'entries', 'count'),
    [
        ('configs/source_only/source_only_r101_gta2cs.py', None, 314, 104),
        ('configs/adaptseg/adaptseg_r101_gta2cs.py', None, 314, 104),
        ('configs/advent/advent_r101_syn2cs.py', None, 314, 104),
        ('configs/maxsquare/maxsquare_r101_gta2cs.py', None, 314, 104),
        ('configs/maxcos/maxcos_r101_gta2cs.py', 'pl', 314, 104),
        ('configs/sam/sam_r101_gta2cs.py', 'generation', 314, 104),
        ('configs/pixintrada/pixintrada_r101_gta2cs.py', 't1', 314, 104),
        ('configs/dast/dast_r101_gta2cs.py', 'da', 318, 105),
    ],
)
def test_backbones_are_updated_as_often_as_the_released_groups_list_them(path, stage, entries, count):
    model, optimizer = optimizer_of(path, stage)
    backbone = model.backbone
    listed = released_list(backbone.conv1, *(getattr(backbone, f'layer{i}') for i in range(1, 5)))
    if model.with_neck:  # the last block of stage 4, which the released DAST wraps like a stage
        listed += released_list(nn.Sequential(model.neck))
    assert (len(listed), len(set(listed))) == (entries, count)
    done = updates(optimizer)
    assert {i: done[i] for i in listed} == {i: listed.count(i) for i in listed}
    assert {done[i] for i in set(done) - set(listed)} == {1}  # heads, modules of adaptations


@pytest.mark.parametrize(
    ('path', 'stage'),
    [
        ('configs/plca/plca_r101_gta2cs.py', None),
        ('configs/dast/dast_r101_gta2cs.py', 'round'),
        ('configs/adaptseg/adaptseg_vgg16_gta2cs.py', None),
        ('configs/sam/sam_vgg16_gta2cs.py', 'generation'),
    ],
)
def test_one_update_where_the_released_code_makes_one(path, stage):
    assert set(updates(optimizer_of(path, stage)[1]).values()) == {1}


def test_the_printed_update_is_an_option():
    cfg = Config.fromfile('configs/dast/dast_r101_gta2cs.py')
    cfg.merge_from_dict({'optim_wrapper.segmentor.optimizer.type': 'SGD'})
    with on_meta():
        model = MODELS.build(cfg.model)
    optimizer = build_optim_wrapper(model, cfg.optim_wrapper)['segmentor'].optimizer
    assert type(optimizer) is torch.optim.SGD and set(updates(optimizer).values()) == {1}


@pytest.mark.parametrize(
    ('repeats', 'distance', 'left', 'half'), [(1, 10, 0.9, 7), (3, 30, 0.729, 3), (4, 40, 0.6561, 3)]
)
def test_effect_of_repeats(repeats, distance, left, half):
    """The table of docs/backbone_rate.md: one gradient of 1, then none."""
    weight = nn.Parameter(torch.zeros((), dtype=torch.float64))
    group = dict(params=[weight], repeats=repeats)
    optimizer = OPTIMIZERS.build(dict(type='RepeatedSGD', params=[group], lr=1.0, momentum=0.9))
    way, buffers = [], []
    for step in range(300):
        weight.grad = torch.full_like(weight, float(step == 0))
        optimizer.step()
        way.append(-weight.item())
        buffers.append(optimizer.state[weight]['momentum_buffer'].item())
    assert way[-1] == pytest.approx(distance)
    assert buffers[1] / buffers[0] == pytest.approx(left)
    assert next(i for i, done in enumerate(way, 1) if done >= distance / 2) == half
