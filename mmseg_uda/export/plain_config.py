"""A config of this package as a config of plain MMSeg."""

from mmengine.config import Config
from mmseg.registry import DATASETS, METRICS, MODELS, TRANSFORMS

from mmseg_uda.datasets.concat import part_configs

from .plain_data import PREDICTIONS, image_loader, plain_dataset, plain_evaluator, plain_pipeline, why_not_scored
from .plain_model import dicts, plain_model

RUNTIME = dict(
    default_hooks=dict(
        timer=dict(type='IterTimerHook'),
        logger=dict(type='LoggerHook', interval=50, log_metric_by_epoch=False),
        visualization=dict(type='SegVisualizationHook'),
    ),
    log_processor=dict(by_epoch=False),
    visualizer=dict(type='SegLocalVisualizer', vis_backends=[dict(type='LocalVisBackend')], name='visualizer'),
)
COPIED = ('default_scope', 'env_cfg', 'log_level')
OPEN_MMLAB = ('mmseg', 'mmcv', 'mmengine', 'torch', 'torchvision')


def plain_config(cfg: Config) -> Config:
    """The config of the same network as MMSeg's ``EncoderDecoder``, to use it, to test it and to start from it.

    The network's parts, the test images and their pipelines stay. Adaptations and all that concerns training go. Data
    sets and metrics are MMSeg's, see :mod:`.plain_data`. Classes that MMSeg lacks (a backbone or head of this package,
    say) are imported by ``custom_imports``; without any, that key is absent.

    Args:
        cfg: A config of this package; what it names must be registered.

    Raises:
        UserError: See :func:`plain_model`.
    """
    cfg = cfg.to_dict()
    plain = {key: cfg[key] for key in COPIED if cfg.get(key) is not None}
    plain |= RUNTIME
    plain['model'] = plain_model(cfg['model'])
    if image_loader(cfg) is not None:
        plain |= plain_test(cfg)
    modules = foreign_modules(plain)
    if modules:
        plain['custom_imports'] = dict(imports=modules, allow_failed_imports=False)
    return Config(plain)


def unscored_because(cfg: Config | dict) -> str | None:
    """Say why MMSeg's test tool will write predictions without a score; None where it will score."""
    loader = image_loader(cfg)
    if loader is None:
        return 'the config has no test images'
    if cfg.get('test_evaluator') is None:
        return 'the config has no test_evaluator'
    return why_not_scored(loader['dataset'])


def plain_test(cfg: dict) -> dict:
    """The keys of the plain config that MMSeg's test tool and its inferencers read."""
    loader = image_loader(cfg)
    dataset = loader['dataset']
    scored = unscored_because(cfg) is None
    pipeline = part_configs(dataset)[0]['pipeline']
    keys = dict(
        test_dataloader=dict(loader, dataset=plain_dataset(dataset, scored)),
        test_evaluator=plain_evaluator(cfg['test_evaluator']) if scored else PREDICTIONS,
        test_cfg=cfg.get('test_cfg') or dict(type='TestLoop'),
        test_pipeline=plain_pipeline(pipeline, scored),
    )
    if cfg.get('tta_pipeline') is not None:
        keys['tta_pipeline'] = plain_pipeline(cfg['tta_pipeline'], scored)
        keys['tta_model'] = cfg.get('tta_model') or dict(type='SegTTAModel')
    return keys


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
