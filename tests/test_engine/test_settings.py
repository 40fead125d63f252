"""Which settings a run's folder is kept to."""

import shutil
from pathlib import Path

import pytest
from mmengine.config import Config

from mmseg_uda.engine.launch import parse_options, settle_seed
from mmseg_uda.engine.settings import check_settings, keep_settings, kept_settings, settings_of
from mmseg_uda.engine.stages import check_stage_settings, plan_stages, settle_settings
from mmseg_uda.errors import UserError
from tests.conftest import ROOT

MINI = f'{ROOT}/configs/dast/dast_mini_gta2cs.py'


def settings(*words: str, best: bool = False) -> dict:
    cfg = Config.fromfile(MINI)
    cfg.merge_from_dict(parse_options(list(words)))
    return settings_of(cfg, {}, best)


@pytest.mark.parametrize(
    'word',
    [
        'model.adaptations.attention.loss_weight=9',
        'train_cfg.max_iters=9',
        'optim_wrapper.segmentor.optimizer.lr=9',
        'optim_wrapper.amp_dtype=bfloat16',
        'param_scheduler.segmentor.0.end=9',
        'train_dataloader.batch_size=9',
        'train_dataloader.dataset.source.data_root=data/other',
        'train_dataloader.dataset.target.pipeline.0.backend_args=x',
        'default_hooks.iteration_seed=None',
        'default_hooks.pseudo_labels.interval=9',
        'load_from=x.pth',
        'randomness.seed=9',
    ],
)
def test_what_changes_the_weights_counts(tmp_path, word):
    (tmp_path / 'last_checkpoint').touch()
    keep_settings(tmp_path, settings())
    with pytest.raises(
        UserError, match=rf'{tmp_path} was trained with other settings: {word.split("=")[0]}.* was .*, is'
    ):
        check_settings(tmp_path, settings(word), 'Do this')


@pytest.mark.parametrize(
    'word',
    [
        'work_dir=elsewhere',
        'train_dataloader.num_workers=9',
        'train_dataloader.dataset.source.data_root=/scratch/data/minicity/gta/',
        'default_hooks.logger.interval=9',
        'default_hooks.checkpoint.interval=9',
        'train_cfg.val_interval=9',
        'val_evaluator.type=EntropyIoUMetric',
        'model.activation_checkpointing=True',
        'visualizer.vis_backends=None',
        'env_cfg.cudnn_benchmark=False',
    ],
)
def test_what_does_not_is_free(tmp_path, word):
    (tmp_path / 'last_checkpoint').touch()
    keep_settings(tmp_path, settings())
    check_settings(tmp_path, settings(word), 'Do this')


def test_how_the_best_checkpoint_is_chosen_counts_where_it_is_the_result():
    for word in ('train_cfg.val_interval=9', 'val_evaluator.type=EntropyIoUMetric'):
        assert settings(word, best=True) != settings(best=True)
        assert settings(word) == settings()


def test_a_folder_without_a_checkpoint_is_free(tmp_path):
    keep_settings(tmp_path, settings())
    assert kept_settings(tmp_path) is None
    check_settings(tmp_path, settings('load_from=x.pth'), 'Do this')


def test_the_message_names_what_differs_and_what_to_do(tmp_path):
    (tmp_path / 'last_checkpoint').touch()
    keep_settings(tmp_path, dict(a=1, b='x', c=None, d=0, e=0))
    with pytest.raises(UserError) as refused:
        check_settings(tmp_path, dict(a=2, b='x', c=1, d=1, f=0), 'Do this', free=['d'])
    assert 'settings: a was 1, is 2; c was None, is 1; e was 0, is not set; 1 more. Do this. (' in str(refused.value)
    check_settings(tmp_path, dict(a=1, b='x', c=None, d=0, e=0), 'Do this')


def test_a_drawn_seed_is_no_difference(tmp_path):
    cfg = Config.fromfile(MINI)
    cfg.work_dir, cfg.randomness.seed = str(tmp_path), None
    before = settings_of(cfg, {})
    settle_seed(cfg)
    assert cfg.randomness.seed is not None and before == settings('randomness.seed=None')


@pytest.fixture
def launch(tmp_path, monkeypatch):
    """Settle a launch of DAST's mini config with these options and, where asked for, leave its folders behind."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str, only: str | None = None, trained: bool = False, work_dir: str = 'runs/dast'):
        cfg = Config.fromfile(MINI)
        cfg.work_dir, cfg.launcher = work_dir, 'none'
        plan = plan_stages(cfg, parse_options(list(words)), only)
        chosen = [stage for stage in plan if stage.is_named(only)]
        settle_settings(plan, chosen)
        for stage in chosen:
            check_stage_settings(stage)
            if trained:
                keep_settings(stage.cfg.work_dir, stage.settings)
                Path(stage.cfg.work_dir, 'last_checkpoint').touch()

    return run


RATE = 'optim_wrapper.segmentor.optimizer.lr=9'


def test_a_launch_with_other_options_is_refused(launch):
    launch(trained=True)
    launch()
    with pytest.raises(
        UserError, match=r'^runs/dast/00_da was .*optimizer\.lr was 0\.0005, is 9\. Give another --work'
    ):
        launch(RATE)
    with pytest.raises(UserError, match=r'^runs/dast/01_round was .*loss_weight'):
        launch('stages.round.changes.model.adaptations.attention.loss_weight=9')
    launch(RATE, work_dir='runs/other')


def test_another_source_of_images_concerns_shared_runs(launch):
    launch(trained=True)
    with pytest.raises(UserError, match=r'^runs/source_only_mini_gta2cs .*Give another --work-dir in another folder'):
        launch('train_dataloader.dataset.source.data_root=data/other', work_dir='runs/new')


def test_a_stage_follows_from_those_before_it(launch):
    """What was made from a result that is trained anew is not finished."""
    launch(trained=True)
    shutil.rmtree('runs/dast/00_da')
    changed = 'stages.da.changes.model.adaptations.attention.loss_weight=9'
    with pytest.raises(UserError, match=r"^runs/dast/01_round .*load_from was 'a result of settings \w+', is"):
        launch(changed)
    launch(changed, trained=True, work_dir='runs/new')
    launch(changed, work_dir='runs/new')


def test_a_copied_folder_counts(launch):
    """As configs/dast/README.md does with the stage that its rows share."""
    launch(trained=True)
    shutil.copytree('runs/dast/00_da', 'runs/q40/00_da')
    launch('model.adaptations.self_training.labeling.selector.portion=0.4', work_dir='runs/q40')


def test_a_stage_by_hand_follows_from_what_is_there(launch):
    launch(trained=True, only='source')
    launch(trained=True, only='da')
    launch(RATE, trained=True, only='round')
    launch(RATE, only='round')
    with pytest.raises(UserError, match=r'^runs/dast/01_round was trained with .*optimizer\.lr was 9, is 0\.0005'):
        launch()
    shutil.rmtree('runs/dast/00_da')
    launch(RATE, trained=True, only='da')
    with pytest.raises(UserError, match=r'^runs/dast/01_round was trained with other settings: load_from'):
        launch(RATE, only='round')
