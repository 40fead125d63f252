"""Schedules of the papers, and which configs use them."""

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.optim import build_optim_wrapper
from mmengine.registry import HOOKS, PARAM_SCHEDULERS

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
    cfg = Config.fromfile('configs/dast/dast_round_r101_gta2cs.py', import_custom_modules=False)
    assert cfg.optim_wrapper.segmentor.optimizer.lr == 2e-4
    assert cfg.optim_wrapper.segmentor.paramwise_cfg is None
    assert cfg.param_scheduler.segmentor[0].end == 100001 and cfg.train_cfg.max_iters == 20000
    assert cfg.model.norm_eval is True


def test_biases_of_fcn8s_learn_at_twice_the_rate():
    cfg = Config.fromfile(f'{SCHEDULES}/fcn8s.py')
    wrapper = build_optim_wrapper(build_segmentor(norm='GN'), cfg.optim_wrapper)
    groups = wrapper['segmentor'].optimizer.param_groups
    assert sorted(group['lr'] for group in groups) == [1e-5, 2e-5]


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
