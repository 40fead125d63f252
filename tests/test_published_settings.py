"""Settings that published numbers hang on, in the configs as they resolve."""

import functools

from mmengine.config import Config
from mmseg.registry import MODELS

import mmseg_uda.models  # noqa: F401  registers the components
from mmseg_uda.engine.stages import plan_stages
from mmseg_uda.utils.meta import on_meta
from tests.conftest import ROOT


@functools.cache
def resolved(name: str, stage: str | None = None) -> Config:
    """``configs/<name>.py``, or one of its stages. Not to be changed."""
    cfg = Config.fromfile(ROOT / f'configs/{name}.py')
    if stage is None:
        return cfg
    cfg.work_dir, cfg.launcher = 'work_dirs/x', 'none'
    return next(planned.cfg for planned in plan_stages(cfg, {}, stage) if planned.entry == stage)


def test_adaptseg_multi_level_weights():
    adaptations = resolved('adaptseg/adaptseg_r101_gta2cs').model.adaptations
    assert (adaptations.adversary.loss_weight, adaptations.adversary_aux.loss_weight) == (0.0005, 0.00005)
    single = resolved('adaptseg/adaptseg_single_r101_gta2cs').model.adaptations
    assert single.adversary.loss_weight == 0.001


def test_advent_from_synthia():
    for name in ('advent_r101', 'minent_r101', 'advent_vgg16', 'minent_vgg16'):
        cfg = resolved(f'advent/{name}_syn2cs')
        assert cfg.train_cfg.max_iters == 90000
        assert [s.end for s in (*cfg.param_scheduler.segmentor, *cfg.param_scheduler.discriminators)] == [90001] * 2
        assert cfg.model.decode_head.num_classes == 16
        for data in (cfg.train_dataloader.dataset.source, cfg.train_dataloader.dataset.target):
            assert data.metainfo == dict(classes='SYNTHIA_16')
        assert cfg.test_dataloader.dataset.metainfo == dict(classes='SYNTHIA_16')
    assert list(resolved('advent/minent_r101_syn2cs').model.adaptations) == ['entropy', 'entropy_aux']
    assert resolved('advent/advent_r101_gta2cs').train_cfg.max_iters == 120000


def test_maxsquare_augmentation_source_model_and_scored_size():
    for task, classes, ratio in (('gta2cs', 19, 0.2), ('syn2cs', 16, -0.2)):
        source = resolved(f'maxsquare/maxsquare_r101_{task}', 'source')
        adapt = resolved(f'maxsquare/maxsquare_r101_{task}', 'adapt')
        pair = adapt.train_dataloader.dataset
        for data in (source.train_dataloader.dataset.source, pair.source, pair.target):
            kinds = [step.type for step in data.pipeline]
            assert kinds[-3:-1] == ['RandomFlip', 'RandomGaussianBlur']
            assert kinds.index('Resize') < kinds.index('RandomFlip')
        assert adapt.model.adaptations.max_squares.ratio == ratio
        assert (source.train_cfg.max_iters, source.param_scheduler.segmentor[0].end) == (80000, 200001)
        assert (adapt.train_cfg.max_iters, adapt.param_scheduler.segmentor[0].end) == (29750, 29761)
        for cfg in (source, adapt):
            assert cfg.model.decode_head.num_classes == classes
            assert [step.type for step in cfg.val_dataloader.dataset.pipeline] == [
                *('LoadImageFromFile', 'LoadAnnotations', 'Resize', 'ScoreAtThisSize', 'PackSegInputs')
            ]


def test_plca_lovasz_and_bilinear_images():
    for task in ('gta2cs', 'syn2cs'):
        cfg = resolved(f'plca/plca_r101_{task}')
        assert cfg.model.adaptations.lovasz.loss_weight == 3.0
        pair = cfg.train_dataloader.dataset
        for data in (pair.source, pair.target, cfg.val_dataloader.dataset, cfg.test_dataloader.dataset):
            resize = next(step for step in data.pipeline if 'Resize' in step.type)
            assert (resize.backend, resize.interpolation) == ('pillow', 'bilinear')
    assert resolved('plca/plca_mini_gta2cs').model.adaptations.lovasz.loss_weight == 0.75


def test_dast_held_out_images_and_snapshot_grid():
    for net in ('r101', 'vgg16'):
        for task, left in (('gta2cs', 500), ('syn2cs', 0)):
            for stage in ('da', 'round'):
                assert resolved(f'dast/dast_{net}_{task}', stage).train_dataloader.dataset.source.leave_out == left
    da = resolved('dast/dast_snapshot_r101_gta2cs', 'da')
    assert (da.train_cfg.max_iters, da.train_cfg.val_interval) == (120000, 2000)
    assert (da.default_hooks.checkpoint.interval, da.default_hooks.checkpoint.save_best) == (2000, 'mIoU')
    assert da.param_scheduler.segmentor[0].end == 250001
    assert da.val_evaluator.mean_over == 'fourier_beta'
    held_out = da.val_dataloader.dataset.datasets
    assert [data.pipeline[2].beta for data in held_out] == [0.05, 0.09]
    assert all((data.leave_out, data.left_out) == (500, True) for data in held_out)
    round_ = resolved('dast/dast_snapshot_r101_gta2cs', 'round')
    assert round_.load_from.endswith('00_da/best.pth')
    assert round_.val_dataloader.dataset.type == 'CityscapesLabeledDataset'
    assert not round_.val_evaluator.get('mean_over')


def test_maxcos_features_and_adversary_on_fcn8s():
    for task in ('gta2cs', 'syn2cs'):
        cfg = resolved(f'maxcos/maxcos_vgg16_{task}')
        assert cfg.optim_wrapper.discriminators.optimizer.lr == 1e-4
        with on_meta():
            model = MODELS.build(cfg.model)
        assert (model.backbone.fc7_dropout.p, model.decode_head.fc7_dropout.p) == (0, 0.5)
        assert {d.keep for d in model.adaptations['maxcos'].dictionaries} == {'random'}


def test_pixintrada_scales_from_the_original_image():
    for name in ('pixintrada_r101_gta2cs', 'pixintrada_r101_syn2cs', 'intrada_retrained_r101_gta2cs'):
        cfg = resolved(f'pixintrada/{name}')
        pair = cfg.train_dataloader.dataset
        for data in filter(None, (pair.source, pair.target)):
            first, scale, labels = data.pipeline[:3]
            assert (first.type, scale.type) == ('LoadImageFromFile', 'RandomChoiceResize')
            assert labels == dict(type='LoadPseudoLabels', resize=True)
        # Labels at one scale.
        steps = cfg.default_hooks.pseudo_labels.pipeline
        assert [step.type for step in steps[:2]] == ['LoadImageFromFile', 'Resize'] and steps[1].scale == (1024, 512)


def test_pixintrada_stage_one_from_synthia():
    cfg = resolved('pixintrada/pixintrada_r101_syn2cs', 't0')
    labeler = cfg.default_hooks.pseudo_labels.labeler
    assert labeler.checkpoint.endswith('bdl_r101_syn2cs/01_pl/iter_120000.pth')
    for stage, names in (('nopl', {'adversary'}), ('pl', {'adversary', 'self_training'})):
        inter = resolved('pixintrada/bdl_r101_syn2cs', stage)
        assert {name for name, value in inter.model.adaptations.items() if value is not None} == names
        assert inter.model.adaptations.adversary.loss_weight == 0.001
        assert inter.train_dataloader.dataset.source.data_prefix.img_path == 'RGB_translated'


def test_intrada_has_the_settings_of_advent():
    intra, advent = resolved('pixintrada/intrada_r101_gta2cs', 'intra'), resolved('advent/advent_r101_gta2cs')
    for key in ('optim_wrapper', 'param_scheduler', 'train_cfg'):
        assert intra[key] == advent[key]
    network = {key: value for key, value in intra.model.items() if key != 'adaptations'}
    assert network == {key: value for key, value in advent.model.items() if key != 'adaptations'}
    assert intra.train_dataloader.batch_size == 1 and intra.load_from is None
    pair = intra.train_dataloader.dataset
    assert (pair.source.part, pair.target.part) == ('easy', 'hard')
    assert pair.source.pipeline == pair.target.pipeline == advent.train_dataloader.dataset.target.pipeline
    adversaries = intra.model.adaptations.values()
    assert [(a.loss_weight, a.discriminator.upsample) for a in adversaries] == [(0.001, False), (0.0002, False)]
    retrained = resolved('pixintrada/intrada_retrained_r101_gta2cs', 'intra').model.adaptations.values()
    assert [(a.loss_weight, a.discriminator.upsample) for a in retrained] == [(0.001, True), (0.0002, True)]
