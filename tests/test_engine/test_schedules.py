"""Schedules of the papers, and which configs use them."""

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.optim import build_optim_wrapper
from mmengine.registry import HOOKS, PARAM_SCHEDULERS
from mmseg.registry import MODELS

from mmseg_uda.engine.stages import plan_stages

from .nets import build_segmentor, pair_batch

SCHEDULES = 'configs/_base_/schedules'


def rates(optimizer, scheduler, steps: int) -> list[float]:
    seen = []
    for _ in range(steps):
        seen.append(optimizer.param_groups[0]['lr'])
        optimizer.step()
        scheduler.step()
    return seen


@pytest.mark.parametrize('total', [5, 40])
def test_poly_is_the_papers(total):
    """(1 - t / T)^0.9 at every update t < T needs end = T + 1."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=2.5e-4)
    poly = dict(type='PolyLR', power=0.9, begin=0, end=total + 1, eta_min=0, by_epoch=False)
    seen = rates(optimizer, PARAM_SCHEDULERS.build(poly, default_args=dict(optimizer=optimizer)), total)
    torch.testing.assert_close(seen, [2.5e-4 * (1 - t / total) ** 0.9 for t in range(total)], rtol=1e-9, atol=0)


def test_adaptsegnet_schedule_stops_before_its_end():
    cfg = Config.fromfile(f'{SCHEDULES}/deeplab_250k.py')
    assert cfg.train_cfg.max_iters == 150000
    assert [s.end for s in (*cfg.param_scheduler.segmentor, *cfg.param_scheduler.discriminators)] == [250001] * 2


def test_rounds_have_one_rate_and_their_own_poly():
    method = Config.fromfile('configs/dast/dast_r101_gta2cs.py', import_custom_modules=False)
    method.work_dir, method.launcher = 'work_dirs/dast', 'none'
    cfg = plan_stages(method, {}, 'round')[-1].cfg
    assert cfg.optim_wrapper.segmentor.optimizer.lr == 2e-4
    assert cfg.optim_wrapper.segmentor.paramwise_cfg is None
    assert cfg.param_scheduler.segmentor[0].end == 100001 and cfg.train_cfg.max_iters == 20000
    assert cfg.model.norm_eval is True


def names_by_rate(model: torch.nn.Module) -> dict[float, set[str]]:
    """Names of the segmentor's parameters under FCN-8s' schedule."""
    wrapper = build_optim_wrapper(model, Config.fromfile(f'{SCHEDULES}/fcn8s.py').optim_wrapper)
    names = {id(p): name for name, p in model.named_parameters() if p.requires_grad}
    groups = wrapper['segmentor'].optimizer.param_groups
    by_rate = {group['lr']: {names[id(p)] for p in group['params']} for group in groups}
    assert len(by_rate) == len(groups) and set().union(*by_rate.values()) == set(names.values())
    return by_rate


def test_biases_of_fcn8s_learn_at_twice_the_rate():
    with torch.device('meta'):
        model = MODELS.build(Config.fromfile('configs/_base_/models/fcn8s_vgg16.py').model)
    by_rate = names_by_rate(model)
    assert sorted(by_rate) == [1e-5, 2e-5]
    assert by_rate[2e-5] == {name for name, _ in model.named_parameters() if name.endswith('.bias')}


def test_biases_of_norms_learn_at_the_rate_of_weights():
    """MMEngine's rule for bias_lr_mult."""
    model = build_segmentor(norm='GN')
    assert names_by_rate(model)[2e-5] == {
        f'{name}.bias'
        for name, module in model.named_modules()
        if not isinstance(module, torch.nn.GroupNorm) and getattr(module, 'bias', None) is not None
    }


def test_schedules_count_updates_not_micro_steps():
    model = build_segmentor(norm='GN')
    wrapper = build_optim_wrapper(
        model,
        dict(
            constructor='JointOptimWrapperConstructor',
            accumulative_counts=3,
            segmentor=dict(optimizer=dict(type='SGD', lr=1.0)),
        ),
    )
    step = dict(type='StepLR', step_size=1, gamma=0.5, by_epoch=False)
    optimizer = wrapper['segmentor'].optimizer

    class Training:  # what the hook asks of a Runner
        optim_wrapper = wrapper
        param_schedulers = dict(segmentor=[PARAM_SCHEDULERS.build(step, default_args=dict(optimizer=optimizer))])

    hook: Hook = HOOKS.build(dict(type='UpdateParamSchedulerHook'))
    seen = []
    for i in range(6):
        seen.append(optimizer.param_groups[0]['lr'])
        model.train_step(pair_batch(i), wrapper)
        hook.after_train_iter(Training, i)
    assert seen == [1, 1, 1, 0.5, 0.5, 0.5]
