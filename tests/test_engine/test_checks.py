"""Errors before training starts name the key and the fix."""

import pytest
import torch
from mmengine.config import Config
from mmseg.registry import MODELS

from mmseg_uda.engine.checks import (
    check_adaptations,
    check_classes,
    check_optim_wrapper,
    check_test_config,
    check_training_config,
)
from mmseg_uda.errors import UserError
from mmseg_uda.pseudo_labels.checks import check_pseudo_labels

KEY = 'train_dataloader.dataset'


@pytest.fixture
def cfg(tmp_path):
    """The mini DAST config on folders that exist and hold a file each."""
    cfg = Config.fromfile('configs/dast/dast_mini_gta2cs.py')
    cfg.load_from = None
    for folder in (
        'images',
        'labels',
        *(f'{a}/{b}' for a in ('leftImg8bit', 'gtFine') for b in ('train', 'val', 'test')),
    ):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / 'x.png').touch()
    for dataset in (
        cfg.train_dataloader.dataset.source,
        cfg.train_dataloader.dataset.target,
        cfg.val_dataloader.dataset,
        cfg.test_dataloader.dataset,
    ):
        dataset.data_root = str(tmp_path)
    return cfg


def test_good_config_passes(cfg):
    check_training_config(cfg)
    check_test_config(cfg)


@pytest.mark.parametrize('domain', ['source', 'target'])
def test_missing_data_root(cfg, domain):
    cfg.train_dataloader.dataset[domain].data_root = 'nowhere'
    with pytest.raises(UserError, match=rf'{KEY}\.{domain}\.data_root: folder nowhere does not exist.*--cfg-options'):
        check_training_config(cfg)


def test_empty_folder(cfg, tmp_path):
    (tmp_path / 'images' / 'x.png').unlink()
    with pytest.raises(UserError, match=rf'{KEY}\.source\.data_prefix\.img_path: folder .*images is empty'):
        check_training_config(cfg)


def test_every_folder_of_a_target_is_checked(cfg):
    folders = [dict(data_prefix=dict(img_path=f'leftImg8bit/{split}')) for split in ('train', 'val', 'nowhere')]
    cfg.train_dataloader.dataset.target.update(type='ConcatDataset', datasets=folders[:2])
    check_training_config(cfg)
    cfg.train_dataloader.dataset.target.datasets = folders
    with pytest.raises(UserError, match=rf'{KEY}\.target\.datasets\.2\.data_prefix\.img_path: .*nowhere does not'):
        check_training_config(cfg)


@pytest.mark.parametrize('key', ['test_dataloader', 'test_evaluator'])
def test_testing_needs_labelled_images(cfg, key):
    cfg[key] = None
    with pytest.raises(UserError, match=rf'{key} is not set, .*tools/predict\.py'):
        check_test_config(cfg)


def test_missing_validation_labels(cfg):
    cfg.val_dataloader.dataset.data_prefix.seg_map_path = 'gtCoarse/val'
    with pytest.raises(UserError, match=r'val_dataloader\.dataset\.data_prefix\.seg_map_path: .*gtCoarse'):
        check_training_config(cfg)


def test_named_subsets_count_their_classes(cfg):
    cfg.model.decode_head.num_classes = 16
    pair = cfg.train_dataloader.dataset
    for dataset in (pair.source, pair.target, cfg.val_dataloader.dataset, cfg.test_dataloader.dataset):
        dataset.metainfo = dict(classes='SYNTHIA_16')
    check_training_config(cfg)


def test_self_training_without_labels(cfg):
    cfg.model.adaptations.self_training = dict(type='SelfTraining')
    with pytest.raises(UserError, match=r'adaptations\.self_training .* needs labels .*target\.pseudo_labels'):
        check_training_config(cfg)


def test_weights_that_mmsegs_files_name(cfg):
    """As its SETR does."""
    cfg.model.pretrained = 'pretrain/jx_vit_large.pth'
    with pytest.raises(
        UserError, match=r'model\.pretrained: weights pretrain/jx_vit_large\.pth do not .* model\.pretrained=None'
    ):
        check_training_config(cfg)
    cfg.model.pretrained = 'open-mmlab://resnet50_v1c'
    check_training_config(cfg)


def test_weights_in_a_list_are_found(cfg):
    cfg.model.backbone.init_cfg = [dict(type='Pretrained', checkpoint='checkpoints/none.pth')]
    with pytest.raises(UserError, match=r'model\.backbone\.init_cfg\.0\.checkpoint'):
        check_training_config(cfg)


def test_class_count_mismatch(cfg):
    cfg.model.decode_head.num_classes = 16
    with pytest.raises(UserError, match=r'model\.decode_head\.num_classes is 16, but .*source .* has 19 classes'):
        check_training_config(cfg)


def test_class_counts_of_a_list_of_auxiliary_heads(cfg):
    """As MMSeg's STDC, whose third auxiliary head tells boundaries, not classes."""
    head = dict(type='FCNHead', in_channels=64, channels=16, num_classes=19)
    cfg.model.auxiliary_head = [head, head, dict(head, type='STDCHead', num_classes=2)]
    check_classes(cfg)
    cfg.model.auxiliary_head[1].num_classes = 16
    with pytest.raises(UserError, match=r'model\.auxiliary_head\.1\.num_classes is 16, but .* has 19 classes'):
        check_classes(cfg)


def test_missing_checkpoint(cfg):
    cfg.load_from = 'work_dirs/none.pth'
    for check in (check_training_config, check_test_config):
        with pytest.raises(UserError, match=r'load_from: checkpoint work_dirs/none\.pth does not exist'):
            check(cfg)


def test_missing_pretrained_weights(cfg):
    cfg.model.backbone.init_cfg = dict(type='Pretrained', checkpoint='checkpoints/none.pth')
    with pytest.raises(UserError, match=r'model\.backbone\.init_cfg\.checkpoint: .*docs/weights\.md'):
        check_training_config(cfg)


def test_a_teacher_that_would_move_between_updates(cfg):
    cfg.model.adaptations = dict(teacher=dict(type='EMATeacher'))
    cfg.optim_wrapper.accumulative_counts = 2
    with pytest.raises(UserError, match=r'adaptations\.teacher\.interval is 1, but .* every 2 steps'):
        check_training_config(cfg)
    cfg.model.adaptations.teacher.interval = 2
    check_training_config(cfg)


def test_a_checkpoint_between_updates(cfg):
    cfg.optim_wrapper.accumulative_counts = 4
    cfg.default_hooks.checkpoint.interval = 6
    with pytest.raises(UserError, match=r'checkpoint\.interval is 6, but an update is made every 4 steps'):
        check_training_config(cfg)
    cfg.train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=2)  # an interval of epochs is none of steps
    cfg.default_hooks.checkpoint = dict(type='CheckpointHook', interval=1)
    check_training_config(cfg)


def test_a_checkpoint_of_epochs_would_be_none_of_iterations(cfg):
    cfg.default_hooks.checkpoint = dict(type='CheckpointHook', interval=10)
    with pytest.raises(UserError, match=r'checkpoint counts epochs, but training counts iterations'):
        check_training_config(cfg)


def test_checkpoints_where_resuming_does_not_look(cfg):
    cfg.default_hooks.checkpoint.out_dir = 'elsewhere'
    with pytest.raises(UserError, match=r'checkpoint\.out_dir is set'):
        check_training_config(cfg)


def test_a_schedule_without_a_type(cfg):
    cfg.param_scheduler = dict(segmentor=[dict(power=0.9)])
    with pytest.raises(UserError, match=r'param_scheduler\.segmentor\.0 has no type'):
        check_training_config(cfg)


def test_pretrained_weights_of_which_none_fits(cfg, tmp_path):
    """A wrong prefix, or names that nobody converted: MMEngine would train from scratch without a word."""
    weight = torch.zeros(cfg.model.backbone.get('stem_channels', 64), 3, 7, 7)
    file = str(tmp_path / 'released.pth')
    torch.save(dict(state_dict={'conv1.weight': weight}), file)
    cfg.model.backbone.init_cfg = dict(type='Pretrained', checkpoint=file)
    check_training_config(cfg)
    cfg.model.backbone.init_cfg.prefix = 'backbone'
    with pytest.raises(UserError, match=r'model\.backbone\.init_cfg: .*none of the weights .*backbone\.conv1\.weight'):
        check_training_config(cfg)


def test_unknown_adaptation(cfg):
    cfg.model.adaptations.corrector.type = 'Corrector'
    with pytest.raises(UserError, match=r"model\.adaptations\.corrector.*'Corrector'.*Known: .*SelfTraining"):
        check_training_config(cfg)


def test_wrong_argument_of_an_adaptation(cfg):
    cfg.model.adaptations.corrector.weight = 1
    with pytest.raises(
        UserError, match=r'corrector\.weight is no argument of OutputSpaceAdversary; did you mean .*\.loss_weight'
    ):
        check_training_config(cfg)


def test_adaptation_without_its_domain(cfg):
    cfg.train_dataloader.dataset.target = None
    with pytest.raises(UserError, match=r'needs target images: set train_dataloader\.dataset\.target'):
        check_training_config(cfg)


SELF_TRAINING = dict(type='SelfTraining', labeling=dict(selector=dict(type='DASTSelector')))
LABELLER = dict(config='configs/dast/dast_mini_gta2cs.py', checkpoint='work_dirs/none.pth')


def test_two_sources_of_pseudo_labels(cfg):
    cfg.default_hooks.pseudo_labels.labeler = LABELLER
    cfg.train_dataloader.dataset.target.pseudo_labels = 'some/round'
    with pytest.raises(UserError, match=r'default_hooks\.pseudo_labels\.labeler is set too; remove one of the two'):
        check_training_config(cfg)


def test_easy_and_hard_images_are_of_one_ranked_round():
    cfg = Config.fromfile('configs/pixintrada/intrada_mini_gta2cs.py')
    cfg.resume = True  # stage I's model is not here
    adaptations = check_adaptations(cfg)
    check_pseudo_labels(cfg, adaptations)
    adaptations['intrada'].labeling = dict(selector=dict(type='BDLSelector'))
    with pytest.raises(UserError, match=r"with a `part`, but BDLSelector.*type='EntropyRankingSelector'"):
        check_pseudo_labels(cfg, adaptations)
    cfg.train_dataloader.dataset.target.pseudo_labels = 'round'
    with pytest.raises(UserError, match=rf'{KEY}\.source\.pseudo_labels is None, .*target\.pseudo_labels is round'):
        check_pseudo_labels(cfg, adaptations)


def test_labels_of_an_untrained_network(cfg):
    cfg.load_from = None
    cfg.model.adaptations.self_training = SELF_TRAINING
    with pytest.raises(UserError, match=r'load_from is not set, so the labels for .*self_training .* untrained'):
        check_training_config(cfg)


def test_a_labeler_that_is_not_there(cfg):
    cfg.model.adaptations.self_training = SELF_TRAINING
    cfg.default_hooks.pseudo_labels.labeler = LABELLER
    with pytest.raises(UserError, match=r'pseudo_labels\.labeler\.checkpoint: work_dirs/none\.pth does not exist'):
        check_training_config(cfg)


def test_labeling_without_its_hook(cfg):
    cfg.model.adaptations.self_training = SELF_TRAINING
    cfg.default_hooks.pseudo_labels = None
    with pytest.raises(UserError, match=r'self_training\.labeling needs the hook'):
        check_training_config(cfg)


def test_a_wrong_selector(cfg):
    cfg.model.adaptations.self_training = dict(type='SelfTraining', labeling=dict(selector=dict(type='Best')))
    with pytest.raises(UserError, match=r'labeling\.selector\.type is .Best., which is registered nowhere'):
        check_training_config(cfg)


def test_discriminators_with_mmsegs_optimiser(cfg):
    """Without discriminators it trains; with them, ours has to be named."""
    model = MODELS.build(cfg.model)
    for wrapper in (dict(type='OptimWrapper'), dict(type='OptimWrapper', constructor='LayerDecayOptimizerConstructor')):
        with pytest.raises(UserError, match=r'adaptations\.\w+\.discriminator: .*JointOptimWrapperCons'):
            check_optim_wrapper(wrapper, model)
    check_optim_wrapper(cfg.optim_wrapper, model)
    cfg.model.adaptations = dict(entropy=dict(type='EntropyMinimization'))
    check_optim_wrapper(dict(type='OptimWrapper'), MODELS.build(cfg.model))


@pytest.fixture
def module_cfg(cfg, tmp_path):
    """With SAM's module, whose weights are in a checkpoint of the run that trained it."""
    weights = {'adaptations.sam_module.module.conv.weight': torch.zeros(19, 19, 1, 1)}
    weights['adaptations.sam_module.module.conv.bias'] = torch.zeros(19)
    torch.save(dict(state_dict=weights), tmp_path / 'module.pth')
    init_cfg = dict(type='Pretrained', checkpoint=str(tmp_path / 'module.pth'), prefix='adaptations.sam_module.module')
    module = dict(type='SelfAttentionModule', channels=19, init_cfg=init_cfg)
    cfg.model.adaptations.sam = dict(type='SelfAttentionTransfer', module=module)
    return cfg


def test_weights_of_an_adaptation_may_come_from_another_run(module_cfg):
    check_training_config(module_cfg)


def test_missing_weights_of_an_adaptation(module_cfg):
    module_cfg.model.adaptations.sam.module.init_cfg.checkpoint = 'work_dirs/none.pth'
    key = r'model\.adaptations\.sam\.module\.init_cfg\.checkpoint'
    with pytest.raises(UserError, match=rf'{key}: weights work_dirs/none\.pth do not exist.*--cfg-options {key}='):
        check_training_config(module_cfg)


@pytest.mark.parametrize(
    ('change', 'problem'),
    [
        (dict(init_cfg=dict(prefix='adaptations.other')), r'has no adaptations\.other\.conv\.weight'),
        (dict(channels=16), r'has \(19, 19, 1, 1\) for \(16, 16, 1, 1\) as adaptations\.sam_module'),
    ],
)
def test_unfit_weights_of_an_adaptation(module_cfg, change, problem):
    """MMEngine would start with random ones and a line in the log."""
    module_cfg.merge_from_dict({'model.adaptations.sam.module': change})
    with pytest.raises(UserError, match=rf'model\.adaptations\.sam\.module\.init_cfg: .*module\.pth {problem}'):
        check_training_config(module_cfg)


@pytest.mark.parametrize(
    ('option', 'message'),
    [
        ({'train_cfg.max_iters': 0}, 'train_cfg.max_iters is 0, expected a whole number from 1'),
        (
            {'param_scheduler.segmentor': [dict(type='PolyLR', power=0.9, begin=0, end=5)]},
            'param_scheduler.segmentor.0 (PolyLR) counts epochs, but training counts iterations: set by_epoch=False',
        ),
        (
            {'model.adaptations.corrector.loss_weight': float('nan')},
            'model.adaptations.corrector.loss_weight is NaN: set it',
        ),
        (
            {'model.adaptations.attention.loss_weight': -0.1},
            'model.adaptations.attention.loss_weight is -0.1, expected a finite number from 0',
        ),
        (
            {
                'model.adaptations.self_training': dict(
                    type='SelfTraining', labeling=dict(selector=dict(type='DASTSelector', portion=0.5, cap=7))
                )
            },
            'model.adaptations.self_training.labeling.selector.cap is 7, expected a finite number in [0, 1]',
        ),
    ],
)
def test_numbers_that_cannot_be_meant(cfg, option, message):
    cfg.merge_from_dict(option)
    with pytest.raises(UserError) as error:
        check_training_config(cfg)
    assert message in str(error.value)
