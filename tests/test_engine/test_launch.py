"""What a launch settles before the Runner is built."""

import copy

import pytest
import torch
from mmengine.config import Config

from mmseg_uda.engine.launch import (
    add_hooks,
    enable_amp,
    prepare_process,
    read_config,
    settle_evaluation,
    settle_resume,
    settle_seed,
    train_alone,
)
from mmseg_uda.engine.settings import keep_settings, settings_of
from mmseg_uda.errors import UserError

FULL_SIZE = 'configs/dast/dast_r101_gta2cs.py'


@pytest.fixture
def cfg(tmp_path) -> Config:
    """A full-size config, which names no seed."""
    cfg = Config.fromfile(FULL_SIZE, import_custom_modules=False)
    cfg.work_dir = str(tmp_path)
    return cfg


def save_checkpoint(cfg: Config, seed: int) -> str:
    path = f'{cfg.work_dir}/iter_5.pth'
    torch.save(dict(meta=dict(seed=seed)), path)
    with open(f'{cfg.work_dir}/last_checkpoint', 'w') as file:
        file.write(path)
    return path


def test_a_seed_is_drawn(cfg):
    settle_seed(cfg)
    assert isinstance(cfg.randomness.seed, int)


def test_a_given_seed_is_kept(cfg):
    cfg.randomness = dict(seed=5)
    settle_seed(cfg)
    assert cfg.randomness.seed == 5


def test_without_images_to_score_there_is_no_evaluation(cfg):
    given = cfg.to_dict()
    settle_evaluation(cfg)
    assert cfg.to_dict() == given
    for remove in (lambda: cfg.pop('val_dataloader'), lambda: cfg.merge_from_dict(dict(test_dataloader=None))):
        remove()
        settle_evaluation(cfg)
    assert not any(cfg[f'{split}_{part}'] for split in ('val', 'test') for part in ('dataloader', 'cfg', 'evaluator'))


@pytest.mark.parametrize('given', [None, 5])
def test_a_resumed_run_keeps_its_seed(cfg, given):
    cfg.randomness, cfg.resume = dict(seed=given), True
    save_checkpoint(cfg, 11)
    settle_resume(cfg)
    settle_seed(cfg)
    assert cfg.randomness.seed == 11


def test_resume_takes_the_runs_own_checkpoint(cfg):
    cfg.resume, cfg.load_from = True, 'source.pth'
    save_checkpoint(cfg, 0)
    settle_resume(cfg)
    assert cfg.resume and cfg.load_from is None


def test_resume_without_a_checkpoint_starts_anew(cfg):
    cfg.resume, cfg.load_from = True, 'source.pth'
    settle_resume(cfg)
    assert not cfg.resume and cfg.load_from == 'source.pth'


@pytest.mark.parametrize('given, expected', [(None, 'bfloat16'), ('float16', 'float16')])
def test_amp(cfg, given, expected):
    cfg.optim_wrapper.amp_dtype = given
    enable_amp(cfg)
    assert cfg.optim_wrapper.amp_dtype == expected


def test_amp_of_another_wrapper_is_refused(cfg):
    cfg.optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.1))
    with pytest.raises(UserError, match='JointOptimWrapperConstructor'):
        enable_amp(cfg)


def test_hooks_that_runs_rely_on_are_added_where_they_lack():
    cfg = Config(
        dict(default_hooks=dict(norm_statistics=None), custom_hooks=[dict(type='PseudoLabelHook', interval=5)])
    )
    add_hooks(cfg)
    added = dict(iteration_seed='IterationSeedHook', termination='TerminationHook')
    added['missed_validation'] = 'MissedValidationHook'
    assert cfg.default_hooks == dict(norm_statistics=None, **{name: dict(type=kind) for name, kind in added.items()})
    cfg = Config.fromfile(FULL_SIZE, import_custom_modules=False)
    before = copy.deepcopy(cfg.default_hooks)
    add_hooks(cfg)
    assert cfg.default_hooks == before


@pytest.mark.parametrize(
    'resume, saved, said',
    [
        (True, True, 'the same command goes on from {}/iter_5.pth'),
        (False, True, 'the same command with --resume goes on from {}/iter_5.pth'),
        (False, False, 'the same command with --resume starts the run anew, since nothing was saved yet'),
    ],
)
def test_an_interrupted_run_says_what_goes_on(cfg, monkeypatch, resume, saved, said):
    class Interrupted:
        iter = 7
        work_dir = cfg.work_dir

        def train(self):
            if saved:
                save_checkpoint(cfg, 0)
            raise KeyboardInterrupt

    monkeypatch.setattr('mmseg_uda.engine.launch.build_runner', lambda cfg: Interrupted())
    with pytest.raises(KeyboardInterrupt) as stopped:
        train_alone(cfg, resume, {})
    assert str(stopped.value) == f'Interrupted at iteration 7 of {cfg.work_dir}; {said.format(cfg.work_dir)}'


def test_a_resumed_run_may_be_longer_but_not_another(cfg):
    """Optimisers and schedules come from the checkpoint: others would be ignored."""
    save_checkpoint(cfg, 0)
    keep_settings(cfg.work_dir, settings_of(cfg, {}))
    cfg.optim_wrapper.segmentor.optimizer.lr = 9
    with pytest.raises(UserError, match=r'optimizer\.lr was 0\.00025, is 9\. .*leave out --resume'):
        train_alone(cfg, True, {})
    kept = settings_of(cfg, {})
    keep_settings(cfg.work_dir, {**kept, 'train_cfg.max_iters': 3, 'load_from': 'first.pth'})
    with pytest.raises(UserError, match=r"settings: load_from was 'first\.pth', is None\. "):
        train_alone(cfg, True, {})
    keep_settings(cfg.work_dir, {**kept, 'train_cfg.max_iters': 3})
    with pytest.raises(UserError, match='data_root'):  # settings agree, and there are no images here
        train_alone(cfg, True, {})


@pytest.mark.skipif(torch.cuda.is_available(), reason='about machines without CUDA')
def test_slurm_without_gpus_is_refused(cfg):
    cfg.launcher = 'slurm'
    with pytest.raises(UserError, match='needs GPUs'):
        prepare_process(cfg)


def test_tools_that_do_not_train_refuse_a_typo_too():
    assert read_config(FULL_SIZE, ['model.norm_eval=True']).model.norm_eval
    with pytest.raises(UserError, match=r'model has no norm_evl; did you mean model\.norm_eval'):
        read_config(FULL_SIZE, ['model.norm_evl=True'])
