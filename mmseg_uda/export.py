"""A trained segmentor without its adaptations: an ordinary EncoderDecoder, for plain MMSeg."""

import copy
import inspect
from collections.abc import Iterator, Mapping

from mmengine.config import Config
from mmseg.registry import DATASETS, METRICS, MODELS, TRANSFORMS
from torch import Tensor

from mmseg_uda.datasets.class_subsets import resolve_classes
from mmseg_uda.errors import UserError
from mmseg_uda.models.segmentors import UDASegmentor
from mmseg_uda.models.segmentors.uda_segmentor import build_adaptation
from mmseg_uda.utils.meta import on_meta

COPIED = (
    'default_scope',
    'env_cfg',
    'vis_backends',
    'visualizer',
    'log_level',
    'test_pipeline',
    'tta_model',
    'tta_pipeline',
    'val_cfg',
    'test_cfg',
)
"""Keys of a config that mean the same to MMSeg."""

MMSEG_HOOKS = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=50, log_metric_by_epoch=False),
    visualization=dict(type='SegVisualizationHook'),
)
OPEN_MMLAB = ('mmseg', 'mmcv', 'mmengine', 'torch', 'torchvision')


def plain_config(cfg: Config) -> Config:
    """The config of the same network as MMSeg's ``EncoderDecoder``, to test it and to start from it.

    The network's parts, the test data and the pipelines stay. Adaptations and all that concerns training go. Cityscapes
    is read by MMSeg's ``CityscapesDataset`` and scored by its ``IoUMetric``. Classes that MMSeg lacks (a backbone or
    head of this package, say) are imported by ``custom_imports``; without any, that key is absent.

    Args:
        cfg: A config of this package; what it names must be registered.

    Raises:
        UserError: It is no :class:`UDASegmentor`, or an adaptation takes part in its predictions.
    """
    plain: dict = dict(model=plain_model(cfg.model))
    cfg = cfg.to_dict()
    plain |= {key: cfg[key] for key in COPIED if cfg.get(key) is not None}
    for phase in ('val', 'test'):
        if cfg.get(f'{phase}_dataloader') is not None:
            loader = plain[f'{phase}_dataloader'] = copy.deepcopy(cfg[f'{phase}_dataloader'])
            loader['dataset'] = plain_dataset(loader['dataset'])
            plain[f'{phase}_evaluator'] = plain_evaluator(cfg[f'{phase}_evaluator'])
    plain |= dict(default_hooks=MMSEG_HOOKS, log_processor=dict(by_epoch=False))
    modules = foreign_modules(plain)
    if modules:
        plain['custom_imports'] = dict(imports=modules, allow_failed_imports=False)
    return Config(plain)


def plain_model(model: Mapping) -> dict:
    """``model`` of the plain config.

    Raises:
        UserError: See :func:`plain_config`.
    """
    model = copy.deepcopy(dict(model))
    if model['type'] != 'UDASegmentor':
        raise UserError(f'model.type is {model["type"]!r}; what can be exported is a UDASegmentor')
    for name, adaptation_cfg in (model.get('adaptations') or {}).items():
        adaptation = build_adaptation(name, dict(adaptation_cfg))
        if adaptation.refines:
            raise UserError(
                f'predictions depend on model.adaptations.{name} ({type(adaptation).__name__}), which MMSeg does not '
                "have: test this model with its own config (MMSeg's tools/test.py takes it too). If the adaptation "
                'has a switch that leaves predictions alone, set it with --cfg-options'
            )
    own = set(inspect.signature(UDASegmentor.__init__).parameters) - {'self', 'kwargs'}
    model = {key: value for key, value in model.items() if key not in own}
    model['type'] = 'EncoderDecoder'
    preprocessor = model.get('data_preprocessor')
    if preprocessor is not None and preprocessor['type'] == 'UDADataPreprocessor':
        preprocessor['type'] = 'SegDataPreProcessor'
    for part in dicts(model):
        if isinstance(part.get('init_cfg'), Mapping) and part['init_cfg'].get('type') == 'Pretrained':
            part['init_cfg'] = None  # the weights are in the exported checkpoint
    return model


def plain_dataset(dataset: dict) -> dict:
    """Cityscapes by MMSeg's own class; another dataset as it is."""
    if dataset['type'] != 'CityscapesLabeledDataset':
        return dataset
    prefix = {**DATASETS.get(dataset['type']).DATA_PREFIX, **(dataset.get('data_prefix') or {})}
    dataset = dict(dataset, type='CityscapesDataset', data_prefix=prefix)
    if (dataset.get('metainfo') or {}).get('classes') is not None:
        dataset['metainfo'] = dict(dataset['metainfo'], classes=resolve_classes(dataset['metainfo']['classes']))
    return dataset


def plain_evaluator(evaluator: dict | list) -> dict | list:
    """IoU by MMSeg's own metric, which knows no subsets of classes; another metric as it is."""
    if isinstance(evaluator, list):
        return [plain_evaluator(entry) for entry in evaluator]
    if evaluator['type'] != 'SubsetIoUMetric':
        return evaluator
    rest = {key: value for key, value in evaluator.items() if key not in ('type', 'subsets', 'outside')}
    return dict(type='IoUMetric', iou_metrics=['mIoU'], **rest)


def dicts(value) -> Iterator[dict]:
    """All dicts in a config value, itself included."""
    if isinstance(value, Mapping):
        yield value
    children = value.values() if isinstance(value, Mapping) else value
    if isinstance(value, Mapping | list | tuple):
        for child in children:
            yield from dicts(child)


def foreign_modules(cfg: dict) -> list[str]:
    """Modules outside OpenMMLab that define a class which a config names."""
    modules = set()
    for part in dicts(cfg):
        name = part.get('type')
        for registry in (MODELS, DATASETS, TRANSFORMS, METRICS):
            cls = registry.get(name) if isinstance(name, str) else None
            if cls is not None and cls.__module__.split('.')[0] not in OPEN_MMLAB:
                modules.add(cls.__module__)
    return sorted(modules)


def plain_state_dict(state_dict: Mapping[str, Tensor], model: Mapping) -> dict[str, Tensor]:
    """The plain model's weights, every key accounted for.

    Args:
        state_dict: Of the trained model.
        model: ``model`` of :func:`plain_config`.

    Raises:
        UserError: Weights are missing, of another shape, or belong to nothing.
    """
    with on_meta():
        wanted = MODELS.build(copy.deepcopy(dict(model))).state_dict()
    kept = {key: value for key, value in state_dict.items() if not key.startswith('adaptations.')}
    unfit = [key for key, value in wanted.items() if key not in kept or kept[key].shape != value.shape]
    unfit += [key for key in kept if key not in wanted]
    if unfit:
        raise UserError(
            f"the checkpoint does not fit the config's model: {len(unfit)} weights are missing, of another shape or "
            f'have no place, such as {unfit[0]}. Use the config it was trained with (a copy lies in its work dir)'
        )
    return kept


def plain_meta(meta: Mapping) -> dict:
    """Of a checkpoint's ``meta`` what MMSeg reads from it (classes and palette), as plain lists."""
    dataset = meta.get('dataset_meta') or {}
    kept = {}
    if dataset.get('classes') is not None:
        kept['classes'] = [str(name) for name in dataset['classes']]
    if dataset.get('palette') is not None:
        kept['palette'] = [[int(part) for part in colour] for colour in dataset['palette']]
    return dict(dataset_meta=kept) if kept else {}
