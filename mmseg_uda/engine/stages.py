"""Methods of several stages in one launch."""

import copy
import gc
import os.path as osp
from dataclasses import dataclass, field
from pathlib import Path

import mmengine
import torch
from mmengine.config import Config
from mmengine.dist import barrier, is_main_process
from mmengine.runner.checkpoint import find_latest_checkpoint

from .checks import ConfigError
from .launch import build_runner, settle_resume


@dataclass
class Stage:
    """One stage of a method.

    Attributes:
        name: Its folder below the method's ``work_dir``.
        config: Path of its config.
        load_from: Checkpoint to start from, ``'previous'`` for the last stage's, or None for what the config says.
        options: Overrides as of ``--cfg-options``.
    """

    name: str
    config: str
    load_from: str | None = None
    options: dict = field(default_factory=dict)


def expand_stages(entries: list[dict], config_path: str) -> list[Stage]:
    """Turn ``stages`` of a config into a list with one element per training run.

    Args:
        entries: ``dict(config='relative/to/this/config.py', load_from=None | 'previous' | path, repeat=1,
            options={})``.
        config_path: The config that holds them.

    Raises:
        ConfigError: A wrong entry, naming it.
    """
    stages: list[Stage] = []
    for i, entry in enumerate(entries):
        entry = dict(entry)
        where = f'stages[{i}] of {config_path}'
        repeat = entry.pop('repeat', 1)
        unknown = set(entry) - {'config', 'load_from', 'options'}
        if unknown or 'config' not in entry:
            raise ConfigError(f'{where}: expected the keys config, load_from, repeat and options, got {sorted(entry)}')
        path = osp.normpath(osp.join(osp.dirname(osp.abspath(config_path)), entry['config']))
        if not osp.isfile(path):
            raise ConfigError(f'{where}: config {path} does not exist')
        if entry.get('load_from') == 'previous' and not stages:
            raise ConfigError(f"{where}: load_from='previous', but it is the first stage")
        for _ in range(repeat):
            stages.append(
                Stage(f'{len(stages):02d}_{Path(path).stem}', path, entry.get('load_from'), entry.get('options', {}))
            )
    return stages


def finished_checkpoint(cfg: Config) -> str | None:
    """The checkpoint of a finished training run in ``cfg.work_dir``, or None.

    MMEngine writes ``last_checkpoint`` after the file it names, so a run killed while saving is not taken for finished.
    """
    latest = find_latest_checkpoint(cfg.work_dir) if osp.isfile(osp.join(cfg.work_dir, 'last_checkpoint')) else None
    if latest and osp.isfile(latest) and Path(latest).stem == f'iter_{cfg.train_cfg.max_iters}':
        return latest
    return None


def run_stages(cfg: Config, config_path: str, overrides: dict, prepare) -> str:
    """Run every stage that is not finished; resume the one that was interrupted.

    Args:
        cfg: The method's config; its ``stages``, ``work_dir`` and ``launcher`` are used.
        config_path: Its path.
        overrides: ``--cfg-options``, applied to every stage.
        prepare: ``prepare(stage_cfg)`` applies other command-line options (AMP) to a stage's config.

    Returns:
        The last stage's checkpoint. ``<work_dir>/last_checkpoint`` names it too.
    """
    checkpoint: str | None = None
    for stage in expand_stages(cfg.stages, config_path):
        stage_cfg = Config.fromfile(stage.config)
        stage_cfg.merge_from_dict(copy.deepcopy(stage.options))
        stage_cfg.merge_from_dict(copy.deepcopy(overrides))
        stage_cfg.work_dir = osp.join(cfg.work_dir, stage.name)
        stage_cfg.launcher = cfg.launcher
        # MMEngine keeps loggers and visualizers by name; each stage needs its own to write into its own folder.
        stage_cfg.experiment_name = stage_cfg.visualizer.name = stage.name
        if stage.load_from is not None:
            stage_cfg.load_from = checkpoint if stage.load_from == 'previous' else stage.load_from
        prepare(stage_cfg)
        checkpoint = run_stage(stage, stage_cfg)
    assert checkpoint is not None, 'stages is empty'
    if is_main_process():
        mmengine.put_text(checkpoint, osp.join(cfg.work_dir, 'last_checkpoint'))
    return checkpoint


def run_stage(stage: Stage, cfg: Config) -> str:
    """Run, resume or skip one stage; returns its last checkpoint."""
    checkpoint = finished_checkpoint(cfg)
    if checkpoint is not None:
        if is_main_process():
            print(f'Stage {stage.name}: finished before ({checkpoint})', flush=True)
        return checkpoint
    cfg.resume = True
    settle_resume(cfg)
    if is_main_process():
        begin = 'resumed' if cfg.resume else f'starts from {cfg.get("load_from") or "its initial weights"}'
        print(f'Stage {stage.name}: {begin}', flush=True)
    build_runner(cfg).train()
    barrier()
    # A Runner refers to itself through its hooks: without this, its model and workers would live on.
    gc.collect()
    torch.cuda.empty_cache()
    checkpoint = finished_checkpoint(cfg)
    if checkpoint is None:
        raise RuntimeError(
            f'stage {stage.name} ended without iter_{cfg.train_cfg.max_iters}.pth in {cfg.work_dir}: keep '
            'default_hooks.checkpoint with by_epoch=False and save_last=True'
        )
    return checkpoint
