"""Settings that published numbers hang on, in the configs as they resolve."""

import functools

import numpy as np
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import PARAM_SCHEDULERS
from mmseg.registry import MODELS, TRANSFORMS
from torch import nn

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


def shape_of_source(name: str, size: tuple[int, int]) -> tuple[int, ...]:
    """(H, W) that an image of ``size`` (H, W) has before it is cropped."""
    source = resolved(name).train_dataloader.dataset.source
    (resize,) = [step for step in source.get('dataset', source).pipeline if step.type == 'Resize']
    return TRANSFORMS.build(resize)(dict(img=np.zeros((*size, 3), np.uint8), img_shape=size))['img'].shape[:2]


def test_daformer_and_hrda_images():
    """GTA5 keeps its ratio; only source crops are limited to a share of one class, and drawn by class."""
    gta, synthia, cityscapes = (1052, 1914), (760, 1280), (1024, 2048)
    for name, side, shapes in (('daformer', 512, (704, 1280)), ('hrda', 1024, (1407, 2560))):
        scale = side // 512
        assert shape_of_source(f'{name}/{name}_mitb5_gta2cs', gta) == shapes
        assert shape_of_source(f'{name}/{name}_mitb5_syn2cs', synthia) == (760 * scale, 1280 * scale)
        assert shape_of_source(f'{name}/{name}_mitb5_cs2acdc', cityscapes) == (side, 2 * side)
        for task in ('gta2cs', 'syn2cs', 'cs2acdc', 'cs2dz'):
            cfg = resolved(f'{name}/{name}_mitb5_{task}')
            pair = cfg.train_dataloader.dataset
            crops = [
                next(step for step in data.pipeline if step.type == 'RandomCrop')
                for data in (pair.source.dataset, pair.target)
            ]
            assert [crop.crop_size for crop in crops] == [(side, side)] * 2
            assert [crop.get('cat_max_ratio', 1) for crop in crops] == [0.75, 1]
            assert (pair.source.type, pair.source.min_pixels) == ('RareClassDataset', 3000)
            assert pair.source.min_crop_ratio == (0.5 if side == 512 else 2.0)
            assert cfg.train_dataloader.batch_size == 2
            marked = [step.margins for step in pair.target.pipeline if step.type == 'MarkMargins']
            margins = (30, 240, 0, 0) if side == 512 else (30, 240, 30, 30)
            assert marked == ([margins] if task.endswith('2cs') else [])
            size = (2 * side, side) if task.endswith('2cs') else (960 * scale, 540 * scale)
            for data in (cfg.val_dataloader.dataset, cfg.test_dataloader.dataset, pair.target):
                assert [step.scale for step in data.pipeline if step.type == 'Resize'] == [size]


def test_daformer_margins_are_the_released_rows():
    results = dict(img=np.zeros((1024, 2048, 3), np.uint8), img_shape=(1024, 2048), seg_fields=[])
    steps = resolved('daformer/daformer_mitb5_gta2cs').train_dataloader.dataset.target.pipeline
    for step in steps:
        if step.type in ('MarkMargins', 'Resize', 'RandomCrop', 'RandomFlip'):
            results = TRANSFORMS.build(step)(results)
    rows = np.zeros((512, 512), np.uint8)
    rows[15:-120] = 1
    assert np.array_equal(results['pseudo_valid_map'], rows)


def test_daformer_hrda_and_mic_adaptations():
    for network in ('mitb5', 'r101'):
        cfg = resolved(f'daformer/daformer_{network}_gta2cs')
        adaptations = dict(cfg.model.adaptations)
        assert resolved(f'hrda/hrda_{network}_gta2cs').model.adaptations == adaptations
        mic = dict(resolved(f'mic/mic_{network}_gta2cs').model.adaptations)
        assert mic.pop('masked') and mic == adaptations
        with on_meta():
            teacher, mix, distance = (MODELS.build(adaptations[key]) for key in ('teacher', 'mix', 'feature_distance'))
            head = MODELS.build(cfg.model.decode_head)
        assert (teacher.alpha, teacher.threshold, teacher.ramp) == (0.999, 0.968, 1)
        assert (mix.classes_from, mix.loss_weight) == ('batch', 1)
        assert (distance.loss_weight, distance.min_share) == (0.005, 0.75)
        assert distance.classes == (6, 7, 11, 12, 13, 14, 15, 16, 17, 18)
        assert not head.loss_decode.avg_non_ignore
        assert network == 'mitb5' or len(head.convs) == 2
    dacs = resolved('dacs/dacs_r101_gta2cs').model
    assert (dacs.adaptations.teacher.alpha, dacs.adaptations.teacher.ramp) == (0.99, 0)
    assert dacs.adaptations.mix.classes_from == 'image'
    with on_meta():
        head = MODELS.build(dacs.decode_head)
    assert len(head.convs) == 2 and head.loss_decode.avg_non_ignore


def test_dacs_images_and_schedule():
    cfg = resolved('dacs/dacs_r101_gta2cs')
    pair = cfg.train_dataloader.dataset
    sizes = ((1280, 720), 'bicubic'), ((1024, 512), 'bilinear')
    for data, (scale, interpolation) in zip((pair.source, pair.target), sizes, strict=True):
        resize, crop = (next(step for step in data.pipeline if step.type == kind) for kind in ('Resize', 'RandomCrop'))
        assert (resize.scale, resize.interpolation, resize.keep_ratio) == (scale, interpolation, False)
        assert crop == dict(type='RandomCrop', crop_size=(512, 512))
        assert not any(step.type == 'RandomFlip' for step in data.pipeline)
    scored = [step.type for step in cfg.test_dataloader.dataset.pipeline]
    assert scored.index('LoadAnnotations') < scored.index('Resize') < scored.index('ScoreAtThisSize')
    assert (cfg.train_cfg.max_iters, cfg.param_scheduler.segmentor[0].end) == (250000, 250001)
    assert cfg.train_dataloader.batch_size == 2
    assert cfg.model.adaptations.teacher.threshold == 0.968
    assert cfg.model.adaptations.mix.augmentation == dict(strength=0.25)


def test_hrda_windows_and_weights():
    for network in ('mitb5', 'r101'):
        cfg = resolved(f'hrda/hrda_{network}_gta2cs')
        with on_meta():
            backbone, head = MODELS.build(cfg.model.backbone), MODELS.build(cfg.model.decode_head)
        assert (backbone.context_scale, backbone.detail, backbone.stride) == (0.5, (512, 512), (256, 256))
        assert (backbone.divisible, head.detail_weight, head.context_weight) == (8, 0.1, 0)
        assert cfg.model.test_cfg == dict(mode='slide', crop_size=(1024, 1024), stride=(512, 512))


def test_mic_blocks_and_domains():
    masked = {
        name: resolved(f'mic/mic_{name}').model.adaptations.masked
        for name in ('mitb5_gta2cs', 'mitb5_syn2cs', 'daformer_mitb5_gta2cs', 'mitb5_cs2acdc', 'mitb5_cs2dz')
    }
    assert [one.block for one in masked.values()] == [64, 64, 32, 64, 64]
    assert {one.ratio for one in masked.values()} == {0.7}
    for name, one in masked.items():
        alone = name.endswith('2cs')
        assert one.get('domains', ('target',)) == (('target',) if alone else ('source', 'target'))
        assert one.get('augmentation', {}) == ({} if alone else None)


def test_daformer_rates_and_decay():
    for network in ('mitb5', 'r101'):
        cfg = resolved(f'daformer/daformer_{network}_gta2cs')
        with on_meta():
            model = MODELS.build(dict(cfg.model, adaptations=None))
        optimizer = build_optim_wrapper(model, cfg.optim_wrapper)['segmentor'].optimizer
        options = {id(p): group for group in optimizer.param_groups for p in group['params']}
        for name, module in model.named_modules():
            for p in module.parameters(recurse=False):
                if not p.requires_grad:
                    continue
                head, norm = name.startswith('decode_head'), isinstance(module, nn.LayerNorm)
                assert options[id(p)]['lr'] == 6e-5 * (10 if head else 1), name
                assert options[id(p)]['weight_decay'] == (0 if norm else 0.01), name
        schedulers = [
            PARAM_SCHEDULERS.build(dict(schedule), default_args=dict(optimizer=optimizer))
            for schedule in cfg.param_scheduler.segmentor
        ]
        for _ in range(49):
            for scheduler in schedulers:
                scheduler.step()
        assert f'{min(group["lr"] for group in optimizer.param_groups):.3e}' == '1.958e-06'
        assert cfg.train_cfg.max_iters == 40000
