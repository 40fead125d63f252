"""Which ``--cfg-options`` fit a config."""

import pytest
from mmengine.config import Config

from mmseg_uda.engine.launch import apply_options, parse_options
from mmseg_uda.engine.options import unfit_options
from mmseg_uda.errors import UserError
from tests.conftest import ROOT, run_command

DAST = f'{ROOT}/configs/dast/dast_r101_gta2cs.py'


@pytest.fixture(scope='module')
def cfg() -> Config:
    """Full size, with every kind of component; no test changes it."""
    return Config.fromfile(DAST)


@pytest.mark.parametrize(
    'words',
    [
        'train_cfg.max_iters=3',
        'train_cfg.val_begin=3',  # an argument of the loop
        'model.norm_eval=True',
        'model.test_cfg.crop_size=(4,4)',  # no class knows it, and nothing there is called like it
        'model.backbone.with_cp=True',
        'model.decode_head.init_cfg=None',
        'model.backbone.norm_cfg.eps=1e-3',
        'model.backbone.norm_cfg.requires_grad=False',
        'model.neck=None',
        'model.adaptations.entropy.type=EntropyMinimization model.adaptations.entropy.loss_weight=1',
        'model.adaptations.attention=None',
        'optim_wrapper.accumulative_counts=2',
        'optim_wrapper.segmentor.clip_grad.max_norm=10',
        'optim_wrapper.segmentor.optimizer.nesterov=True',
        'optim_wrapper.segmentor.optimizer.type=AdamW optim_wrapper.segmentor.optimizer.eps=1e-8',
        'param_scheduler.segmentor.0.end=9',
        'default_hooks.checkpoint.save_best=mIoU',
        'default_hooks.logger.priority=LOW',
        'default_hooks.ema.type=EMAHook default_hooks.ema.momentum=0.1',
        'train_dataloader.pin_memory=False',
        'train_dataloader.dataset.source.metainfo.palette=None',
        'train_dataloader.dataset.target.pipeline.0.to_float32=True',
        'train_dataloader.dataset.target=None',
        'val_evaluator.type=EntropyIoUMetric',
        'randomness.deterministic=True',
        'find_unused_parameters=True',
        'model_wrapper_cfg.broadcast_buffers=False',
        'load_from=x.pth',
        'stages.round.repeat=1',
        'stages.round.changes.train_cfg.max_iters=2',
        'stages.da=None',
        'model.type=LogitEnsemble model.other_config=a.py',
        'model.decode_head.loss_decode._delete_=True model.decode_head.loss_decode.type=OhemCrossEntropy',
    ],
)
def test_what_a_config_can_take(cfg, words):
    assert unfit_options(cfg, parse_options(words.split())) == {}


@pytest.mark.parametrize(
    'words, why',
    [
        ('trian_cfg.max_iters=3', r'the config has no trian_cfg; did you mean train_cfg\?'),
        ('lr=3', r'the config has no lr; it has .*, model, '),
        ('train_cfg.max_iter=3', r'train_cfg has no max_iter; did you mean train_cfg\.max_iters\?'),
        ('model.norm_evel=True', r'did you mean model\.norm_eval\?'),
        ('model.backbone.dept=50', r'did you mean model\.backbone\.depth\?'),
        ('model.test_cfg.mod=slide', r'did you mean model\.test_cfg\.mode\?'),
        ('model.adaptations.attention.los_weight=1', r'did you mean model\.adaptations\.attention\.loss_weight\?'),
        ('model.adaptations.atention.loss_weight=1', r'did you mean model\.adaptations\.attention\?'),
        ('model.adaptations.maxcos=None', r'model\.adaptations has no maxcos; it has attention, corrector'),
        ('optim_wrapper.acumulative_counts=2', r'did you mean optim_wrapper\.accumulative_counts\?'),
        ('optim_wrapper.segmenter.clip_grad=None', r'did you mean optim_wrapper\.segmentor\?'),
        ('optim_wrapper.segmentor.optimizer.momentun=1', r'did you mean .*optimizer\.momentum\?'),
        ('param_scheduler.segmentor.1.end=9', r'param_scheduler\.segmentor is a list of 1, which has no 1'),
        ('param_scheduler.segmentor.0.ends=9', r'did you mean param_scheduler\.segmentor\.0\.end\?'),
        ('default_hooks.loger.interval=9', r'did you mean default_hooks\.logger\?'),
        ('default_hooks.checkpoint.intervall=9', r'did you mean default_hooks\.checkpoint\.interval\?'),
        ('train_dataloader.batchsize=9', r'did you mean train_dataloader\.batch_size\?'),
        ('train_dataloader.dataset.source.dataroot=x', r'did you mean train_dataloader\.dataset\.source\.data_root\?'),
        ('train_dataloader.dataset.sources=None', r'did you mean train_dataloader\.dataset\.source\?'),
        ('randomnes.seed=1', r'did you mean randomness\?'),
        ('stages.rounds.repeat=1', r'did you mean stages\.round\?'),
        ('load_from.x=1', 'load_from is None'),
    ],
)
def test_what_it_cannot(cfg, words, why):
    with pytest.raises(UserError, match=rf'^--cfg-options {words.split("=")[0]}: .*{why}'):
        apply_options(cfg, parse_options([words]))


def test_an_optimiser_without_options_takes_them():
    cfg = Config.fromfile(f'{ROOT}/configs/dast/dast_mini_gta2cs.py')
    assert list(cfg.optim_wrapper.segmentor) == ['optimizer']
    assert unfit_options(cfg, {'optim_wrapper.segmentor.clip_grad.max_norm': 10}) == {}


def test_arguments_of_the_seed():
    with pytest.raises(UserError, match=r'randomness has no sed; did you mean randomness\.seed\?'):
        apply_options(Config(dict(randomness=dict(seed=0))), {'randomness.sed': 1})


@pytest.mark.parametrize('config', [DAST, f'{ROOT}/configs/adaptseg/adaptseg_r101_gta2cs.py'])
def test_the_tool_says_so(config):
    """With stages and without."""
    done = run_command('python', 'tools/train.py', config, '--cfg-options', 'train_cfg.max_iter=3', check=False)
    assert done.returncode == 1 and 'Traceback' not in done.stdout
    assert 'train_cfg has no max_iter; did you mean train_cfg.max_iters?' in done.stdout
