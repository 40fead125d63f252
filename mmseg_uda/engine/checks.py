"""Errors before training starts: each names the config key and the fix."""

import copy
import os
import os.path as osp
import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from mmengine.config import Config
from mmengine.optim import DefaultOptimWrapperConstructor
from mmengine.runner.checkpoint import CheckpointLoader
from mmseg.registry import DATASETS, MODELS, OPTIM_WRAPPER_CONSTRUCTORS
from torch import nn

from mmseg_uda.datasets.class_subsets import resolve_classes
from mmseg_uda.datasets.concat import part_configs
from mmseg_uda.errors import UserError, choice
from mmseg_uda.models.adaptations import Adaptation, EMATeacher
from mmseg_uda.models.discriminators import BaseDiscriminator
from mmseg_uda.models.segmentors.network import check_network
from mmseg_uda.models.segmentors.uda_segmentor import build_adaptation
from mmseg_uda.pseudo_labels.checks import check_pseudo_labels
from mmseg_uda.utils.meta import on_meta

from .keys import check_keys
from .optimizers.constructor import ROLES
from .ranges import check_numbers

DATALOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')


def has_files(folder: str) -> bool:
    """Whether there is any file in a folder or below it."""
    return any(files for _, _, files in os.walk(folder, followlinks=True))


def dataset_configs(cfg: Config) -> Iterator[tuple[str, dict]]:
    """Yield ``(config key, dataset config)`` of every dataset: both domains of a pair, and parts, separately."""
    for name in DATALOADERS:
        dataset = (cfg.get(name) or {}).get('dataset')
        if dataset is None:
            continue
        if dataset['type'] != 'DomainPairDataset':
            yield from dataset_parts(f'{name}.dataset', dataset)
            continue
        for domain in ('source', 'target'):
            if dataset.get(domain) is not None:
                yield from dataset_parts(f'{name}.dataset.{domain}', dataset[domain])


def dataset_parts(key: str, dataset: dict) -> Iterator[tuple[str, dict]]:
    """Yield ``(config key, dataset config)`` of the datasets that one joins or wraps; itself where it does neither."""
    while isinstance(dataset.get('dataset'), dict):  # RareClassDataset
        key, dataset = f'{key}.dataset', dataset['dataset']
    for i, part in enumerate(part_configs(dataset)):
        yield f'{key}.datasets.{i}' if 'datasets' in dataset else key, part


def check_folders(key: str, dataset: dict) -> None:
    """Data root and image / label folders exist and are not empty."""
    root = dataset.get('data_root') or ''
    if root and not osp.isdir(root):
        raise UserError(
            f'{key}.data_root: folder {root} does not exist. Put the data there (README, "Real data"), make it a link, '
            f'or set --cfg-options {key}.data_root=...'
        )
    for prefix, folder in (dataset.get('data_prefix') or {}).items():
        if folder is None:  # no labels
            continue
        path = osp.join(root, folder)
        if not osp.isdir(path):
            raise UserError(
                f'{key}.data_prefix.{prefix}: folder {path} does not exist; check it against data_root {root!r}'
            )
        if not has_files(path):
            raise UserError(
                f'{key}.data_prefix.{prefix}: folder {path} is empty; was the download or conversion finished?'
            )


def dataset_classes(dataset: dict) -> tuple[str, ...] | None:
    """Class names a dataset config will have, None if it does not say."""
    classes = (dataset.get('metainfo') or {}).get('classes')
    if classes is None:
        cls = DATASETS.get(dataset['type'])
        classes = getattr(cls, 'METAINFO', {}).get('classes')
    return None if classes is None else tuple(resolve_classes(classes))


def check_classes(cfg: Config) -> None:
    """The heads have as many outputs as the datasets have classes."""
    for head, outputs in head_outputs(cfg.model):
        for key, dataset in dataset_configs(cfg):
            classes = dataset_classes(dataset)
            if classes is not None and len(classes) != outputs:
                raise UserError(
                    f'{head}.num_classes is {outputs}, but {key} ({dataset["type"]}) has {len(classes)} classes: '
                    f'set one to match, e.g. {key}.metainfo=dict(classes=...)'
                )


def head_outputs(model: Mapping) -> Iterator[tuple[str, int]]:
    """Yield ``(config key, num_classes)`` of every head that predicts classes; STDC's third auxiliary head does not."""
    for name in ('decode_head', 'auxiliary_head'):
        heads = model.get(name) or []
        listed = {f'model.{name}': heads} if isinstance(heads, Mapping) else numbered(f'model.{name}', heads)
        for key, head in listed.items():
            if head.get('num_classes') is not None and head.get('type') != 'STDCHead':
                yield key, head['num_classes']


def numbered(key: str, values: Sequence) -> dict[str, object]:
    """``{'key.0': value, ...}``, as ``--cfg-options`` counts them."""
    return {f'{key}.{i}': value for i, value in enumerate(values)}


def adaptation_configs(cfg: Config) -> dict[str, dict]:
    """``model.adaptations`` without those that a child config or an option removed (None)."""
    return {name: value for name, value in (cfg.model.get('adaptations') or {}).items() if value is not None}


def weight_files(cfg: dict, key: str = 'model') -> Iterator[tuple[str, str]]:
    """Yield ``(config key, path)`` of every local weights file that a model config names."""
    for name, value in cfg.items():
        if isinstance(value, dict):
            yield from weight_files(value, f'{key}.{name}')
        elif isinstance(value, list | tuple):
            dicts = {str(i): entry for i, entry in enumerate(value) if isinstance(entry, dict)}
            yield from weight_files(dicts, f'{key}.{name}')
        elif name in ('checkpoint', 'pretrained') and isinstance(value, str) and '://' not in value:
            yield f'{key}.{name}', value


def check_load_from(cfg: Config) -> None:
    """The checkpoint to start from exists."""
    path = cfg.get('load_from')
    if path and '://' not in path and not osp.isfile(path):
        raise UserError(
            f'load_from: checkpoint {path} does not exist. Train the run that makes it first, or name another one with '
            '--cfg-options load_from=...'
        )


def check_weights(cfg: Config, written: Collection[str] = ()) -> None:
    """Named checkpoints exist, or are in ``written``: those that stages before this one will have made."""
    if cfg.get('load_from') not in written:
        check_load_from(cfg)
    for key, path in weight_files(cfg.model):
        if path in written or osp.isfile(path):
            continue
        if re.fullmatch(r'\{\w+\}', path):
            raise UserError(
                f'{key} names the stage {path}, but this run has no stages before it: set --cfg-options {key}=FILE to '
                'a checkpoint of the run that trained these weights'
            )
        if key.startswith('model.adaptations.'):
            raise UserError(
                f'{key}: weights {path} do not exist. Train the run that makes them first, or name another checkpoint '
                f'with --cfg-options {key}=...'
            )
        if key.endswith('.pretrained'):
            raise UserError(
                f"{key}: weights {path} do not exist. MMSeg's page of the network says where they come from; to train "
                f'without them set --cfg-options {key}=None'
            )
        raise UserError(
            f'{key}: weights {path} do not exist. docs/weights.md says where they come from and how to convert them; '
            f'to train without them set --cfg-options {key.rsplit(".", 1)[0]}=None'
        )


def check_adaptations(cfg: Config) -> dict[str, Adaptation]:
    """Adaptations are known and have the domains they need; returns them."""
    pair = cfg.train_dataloader.dataset
    adaptations = {}
    for name, adaptation_cfg in adaptation_configs(cfg).items():
        adaptation = adaptations[name] = build_adaptation(name, dict(adaptation_cfg))
        for domain in adaptation.requires:
            if pair['type'] == 'DomainPairDataset' and pair.get(domain) is None:
                raise UserError(
                    f'model.adaptations.{name} ({adaptation_cfg["type"]}) needs {domain} images: set '
                    f'train_dataloader.dataset.{domain}, or remove the adaptation'
                )
    return adaptations


def check_accumulation(cfg: Config, adaptations: dict[str, Adaptation]) -> None:
    """Teachers move once an update, and checkpoints are of updates. (They do not hold what is accumulated.)"""
    counts = cfg.optim_wrapper.get('accumulative_counts', 1)
    for name, adaptation in adaptations.items():
        if isinstance(adaptation, EMATeacher) and adaptation.interval != counts:
            raise UserError(
                f'model.adaptations.{name}.interval is {adaptation.interval}, but an update is made every {counts} '
                f'steps (optim_wrapper.accumulative_counts): set interval={counts}'
            )
    hook = cfg.default_hooks.get('checkpoint') or {}
    interval = hook.get('interval', counts)
    if not hook.get('by_epoch', True) and interval > 0 and interval % counts:
        raise UserError(
            f'default_hooks.checkpoint.interval is {interval}, but an update is made every {counts} steps '
            '(optim_wrapper.accumulative_counts), and a run cannot go on exactly from between: set a multiple'
        )


def check_checkpoints(cfg: Config) -> None:
    """There are some while training lasts, where resuming looks for them, and at any time one is whole."""
    hook = cfg.default_hooks.get('checkpoint') or {}
    if hook and hook.get('by_epoch', True) and cfg.train_cfg.get('type') == 'IterBasedTrainLoop':
        raise UserError(
            'default_hooks.checkpoint counts epochs, but training counts iterations, so there would be none before '
            'the end: set by_epoch=False'
        )
    if hook.get('out_dir'):
        raise UserError(
            'default_hooks.checkpoint.out_dir is set, but a run goes on from what its work dir holds: remove it, and '
            'give a --work-dir where there is room'
        )
    # The oldest goes before the next is written.
    if hook.get('max_keep_ckpts') == 1:
        raise UserError(
            'default_hooks.checkpoint.max_keep_ckpts is 1: a kill or a full disk while a checkpoint is written would '
            'leave none. Set 2 or more'
        )


def check_schedule(cfg: Config) -> None:
    """Schedules are an optimiser's and count iterations. (By epochs, MMEngine's default, the rate would never move.)"""
    if cfg.train_cfg.get('type') != 'IterBasedTrainLoop':
        return
    schedulers = cfg.get('param_scheduler') or []
    listed = schedulers if isinstance(schedulers, Mapping) else {'': schedulers}
    joint = cfg.optim_wrapper.get('constructor') == 'JointOptimWrapperConstructor'
    for role, schedules in listed.items():
        if joint and role:
            choice('param_scheduler: the name of an optimiser', role, ROLES)
        key = '.'.join(filter(None, ('param_scheduler', role)))
        schedules = {key: schedules} if isinstance(schedules, Mapping) else numbered(key, schedules or [])
        for place, schedule in schedules.items():
            if 'type' not in schedule:
                raise UserError(f'{place} has no type: set it to a schedule such as PolyLR, or remove {place}')
            if schedule.get('by_epoch', True) and not schedule.get('convert_to_iter_based'):
                raise UserError(
                    f'{place} ({schedule["type"]}) counts epochs, but training counts iterations: set by_epoch=False, '
                    'and begin and end in iterations'
                )


def check_adaptation_weights(adaptations: dict[str, Adaptation]) -> None:
    """What an adaptation takes from a checkpoint is all in it. (MMEngine loads what fits and only logs the rest.)"""
    for name, adaptation in adaptations.items():
        for part, module in adaptation.named_modules():
            init = getattr(module, 'init_cfg', None)
            if isinstance(init, dict) and init.get('type') == 'Pretrained':
                key = '.'.join(filter(None, ('model.adaptations', name, part, 'init_cfg')))
                check_pretrained(key, module, init)


def check_backbone_weights(cfg: Config) -> None:
    """A file that backbone or neck start from holds some of their weights. (MMEngine trains on without any.)"""
    for part in ('backbone', 'neck'):
        if not any(True for _ in weight_files(cfg.model.get(part) or {})):
            continue
        with on_meta():
            network = MODELS.build(copy.deepcopy(cfg.model[part]))
        for name, module in network.named_modules():
            init = getattr(module, 'init_cfg', None)
            if isinstance(init, dict) and init.get('type') == 'Pretrained' and '://' not in init['checkpoint']:
                _check_some_fit('.'.join(filter(None, ('model', part, name, 'init_cfg'))), module, init)


def _check_some_fit(key: str, module: nn.Module, init: dict) -> None:
    saved, prefix = _saved(init)
    shapes = {prefix + name: value.shape for name, value in module.state_dict().items()}
    if not any(name in saved and saved[name].shape == shape for name, shape in shapes.items()):
        raise UserError(
            f'{key}: {init["checkpoint"]} has none of the weights of {type(module).__name__}, such as '
            f'{next(iter(shapes))}. Convert the released file (tools/model_converters/convert_weights.py, '
            f'docs/weights.md), and set {key}.prefix to where they are in it'
        )


def _saved(init: dict) -> tuple[dict, str]:
    """The weights of the file that ``init_cfg`` names, and its prefix with a dot."""
    checkpoint = CheckpointLoader.load_checkpoint(init['checkpoint'], map_location='cpu', logger='silent')
    prefix = f'{init["prefix"].rstrip(".")}.' if init.get('prefix') else ''
    return checkpoint.get('state_dict', checkpoint), prefix


def check_pretrained(key: str, module: nn.Module, init: dict) -> None:
    """A checkpoint has every weight of a module, below the prefix that ``init_cfg`` names."""
    saved, prefix = _saved(init)
    for name, value in module.state_dict().items():
        found = saved.get(prefix + name)
        if found is None or found.shape != value.shape:
            problem = 'has no' if found is None else f'has {tuple(found.shape)} for {tuple(value.shape)} as'
            raise UserError(
                f'{key}: {init["checkpoint"]} {problem} {prefix}{name}. Set {key}.checkpoint to a checkpoint of the '
                f'run that trained these weights, and {key}.prefix to where they are in it'
            )


def check_optim_wrapper(optim_wrapper: dict, model: nn.Module) -> None:
    """Discriminators have an optimiser of their own. (MMSeg's wrapper would train them with the segmentor's.)

    Args:
        optim_wrapper: Its config.
        model: Once built, since that is when adaptations build their discriminators.
    """
    constructor = OPTIM_WRAPPER_CONSTRUCTORS.get(optim_wrapper.get('constructor', 'DefaultOptimWrapperConstructor'))
    if not (isinstance(constructor, type) and issubclass(constructor, DefaultOptimWrapperConstructor)):
        return
    for name, module in model.named_modules():
        if isinstance(module, BaseDiscriminator):
            raise UserError(
                f'model.{name}: optim_wrapper would train this discriminator with the optimiser of the segmentor; '
                "set optim_wrapper=dict(_delete_=True, constructor='JointOptimWrapperConstructor', "
                'segmentor=dict(optimizer=...), discriminators=dict(optimizer=...)), and likewise '
                'param_scheduler=dict(segmentor=[...], discriminators=[...]); see docs/training.md, "Optimisers"'
            )


def check_test_config(cfg: Config) -> None:
    """What testing needs.

    Raises:
        UserError: See the module.
    """
    for key in ('test_dataloader', 'test_evaluator'):
        if cfg.get(key) is None:
            raise UserError(
                f'{key} is not set, so there are no labelled images to test on: set it as docs/custom_data.md '
                '("Validate") shows, or label pictures with tools/predict.py'
            )
    for key, dataset in dataset_configs(cfg):
        if key.startswith('test_dataloader'):
            check_folders(key, dataset)
    check_load_from(cfg)


def check_files(cfg: Config, written: Collection[str] = ()) -> None:
    """Folders of images and labels and named weights exist; see :func:`check_weights`.

    Raises:
        UserError: See the module.
    """
    for key, dataset in dataset_configs(cfg):
        check_folders(key, dataset)
    check_weights(cfg, written)


def check_present(cfg: Config, *names: str) -> None:
    """A config has what nothing works without."""
    for name in names:
        if not cfg.get(name):
            raise UserError(
                f'{name} of {cfg.filename} is not set: inherit from a config that sets it (_base_; docs/training.md)'
            )


def check_values(cfg: Config) -> None:
    """What is written in a config can be meant, as far as that can be told without building anything.

    Raises:
        UserError: See the module.
    """
    check_present(cfg, 'model', 'train_dataloader', 'train_cfg', 'optim_wrapper')
    if cfg.model.get('type') == 'UDASegmentor':
        check_network(dict(decode_head=cfg.model.get('decode_head')))
    check_keys(cfg)
    check_numbers(cfg)
    check_schedule(cfg)


def check_training_config(cfg: Config) -> None:
    """All checks, cheapest first.

    Raises:
        UserError: See the module.
    """
    check_values(cfg)
    check_files(cfg)
    check_classes(cfg)
    adaptations = check_adaptations(cfg)
    check_accumulation(cfg, adaptations)
    check_checkpoints(cfg)
    check_adaptation_weights(adaptations)
    check_backbone_weights(cfg)
    check_pseudo_labels(cfg, adaptations)
