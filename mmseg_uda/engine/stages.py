"""Methods of several stages in one launch."""

import copy
import gc
import os.path as osp
import re
from dataclasses import dataclass, field
from pathlib import Path

import mmengine
import torch
from mmengine.config import Config
from mmengine.dist import barrier, is_main_process
from mmengine.runner.checkpoint import find_latest_checkpoint

from mmseg_uda.errors import UserError

from .checks import check_files
from .launch import build_runner, merge_options, settle_resume


@dataclass
class Stage:
    """One stage of a method.

    Attributes:
        folder: Its folder below the method's ``work_dir``.
        config: Path of its config; the method's own, without its ``stages``, for an entry that names none. A child of
            the method's config thereby changes these stages, and the others run as they are.
        name: What later stages call it, if anything.
        load_from: Checkpoint to start from: ``'previous'``, an earlier stage's name, a path, or None for what the
            config says.
        labels_from: Stage whose model makes the pseudo labels, ``'previous'`` or a name; None for what the config says.
        options: Overrides as of ``--cfg-options``; ``{name}`` in a string is that stage's last checkpoint.
    """

    folder: str
    config: str
    name: str | None = None
    load_from: str | None = None
    labels_from: str | None = None
    options: dict = field(default_factory=dict)


@dataclass
class Output:
    """What later stages take from a stage.

    Attributes:
        config: Path of its resolved config, which MMEngine's Runner writes.
        checkpoint: Path of its last checkpoint.
    """

    config: str
    checkpoint: str

    @classmethod
    def of(cls, stage: Stage, cfg: Config) -> 'Output':
        """Where a stage with this config writes them."""
        return cls(
            osp.join(cfg.work_dir, osp.basename(stage.config)),
            osp.join(cfg.work_dir, f'iter_{cfg.train_cfg.max_iters}.pth'),
        )


KEYS = ('config', 'name', 'load_from', 'labels_from', 'repeat', 'options')
PREVIOUS = 'previous'


def expand_stages(entries: list[dict], config_path: str) -> list[Stage]:
    """Turn ``stages`` of a config into a list with one element per training run.

    Args:
        entries: ``dict(config=None, name=None, load_from=None, labels_from=None, repeat=1, options={})``, see
            :class:`Stage`. Paths are relative to ``config_path``; ``'{{ fileDirname }}/x.py'`` holds in children too.
        config_path: The config that holds them.

    Raises:
        UserError: A wrong entry, naming it.
    """
    stages: list[Stage] = []
    for i, entry in enumerate(entries):
        where = f'stages[{i}] of {config_path}'
        if set(entry) - set(KEYS):
            raise UserError(f'{where}: expected the keys {", ".join(KEYS)}, got {sorted(entry)}')
        path = osp.abspath(config_path)
        if entry.get('config'):
            path = osp.normpath(osp.join(osp.dirname(path), entry['config']))
        if not osp.isfile(path):
            raise UserError(f'{where}: config {path} does not exist')
        names = {stage.name for stage in stages if stage.name} | ({PREVIOUS} if stages else set())
        _check_references(entry, names, where)
        for _ in range(entry.get('repeat', 1)):
            stages.append(
                Stage(
                    folder=f'{len(stages):02d}_{Path(path).stem}',
                    config=path,
                    name=entry.get('name'),
                    load_from=entry.get('load_from'),
                    labels_from=entry.get('labels_from'),
                    options=dict(entry.get('options') or {}),
                )
            )
    return stages


def _check_references(entry: dict, names: set[str], where: str) -> None:
    """Stages that an entry refers to come before it."""
    known = f'known here: {", ".join(sorted(names)) or "none, it is the first stage"}'
    load_from, labels_from = entry.get('load_from'), entry.get('labels_from')
    if load_from and load_from not in names and not _is_path(load_from):
        raise UserError(f'{where}: load_from={load_from!r} is neither an earlier stage nor a .pth file; {known}')
    if labels_from and labels_from not in names:
        raise UserError(f'{where}: labels_from={labels_from!r} is no earlier stage; {known}')
    for key, value in (entry.get('options') or {}).items():
        for name in _placeholders(value):
            if name not in names:
                raise UserError(f'{where}: options[{key!r}] names {{{name}}}, which is no earlier stage; {known}')


def _is_path(text: str) -> bool:
    return text.endswith('.pth') or '://' in text or osp.sep in text


def _placeholders(value) -> list[str]:
    return re.findall(r'\{(\w+)\}', value) if isinstance(value, str) else []


def _filled(value, outputs: dict[str, Output]):
    for name in _placeholders(value):
        value = value.replace(f'{{{name}}}', outputs[name].checkpoint)
    return copy.deepcopy(value)


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
    plan = plan_stages(cfg, config_path, overrides)
    check_plan(plan)
    for stage, stage_cfg in plan:
        prepare(stage_cfg)
        checkpoint = run_stage(stage, stage_cfg)
    if is_main_process():
        mmengine.put_text(checkpoint, osp.join(cfg.work_dir, 'last_checkpoint'))
    return checkpoint


def plan_stages(cfg: Config, config_path: str, overrides: dict) -> list[tuple[Stage, Config]]:
    """Every stage with its config, which names the files that stages before it will have written.

    Arguments are those of :func:`run_stages`.
    """
    outputs: dict[str, Output] = {}
    plan = []
    for stage in expand_stages(cfg.stages, config_path):
        stage_cfg = stage_config(stage, outputs, cfg, overrides)
        plan.append((stage, stage_cfg))
        for name in (PREVIOUS, stage.name):
            if name:
                outputs[name] = Output.of(stage, stage_cfg)
    return plan


def check_plan(plan: list[tuple[Stage, Config]]) -> None:
    """Find what is missing for a later stage now and not after days.

    Raises:
        UserError: A folder or file is missing that no stage before writes.
    """
    written: set[str] = set()
    for stage, cfg in plan:
        if finished_checkpoint(cfg) is None:
            try:
                check_files(cfg, written)
            except UserError as error:
                raise UserError(f'stage {stage.folder}: {error}') from error
        output = Output.of(stage, cfg)
        written |= {output.config, output.checkpoint}


def stage_config(stage: Stage, outputs: dict[str, Output], cfg: Config, overrides: dict) -> Config:
    """The config of one stage, with what it takes from earlier ones.

    Args:
        stage: The stage.
        outputs: Of earlier stages by name, the last one's also as ``'previous'``.
        cfg: The method's config.
        overrides: ``--cfg-options``.
    """
    stage_cfg = Config.fromfile(stage.config)
    stage_cfg.pop('stages', None)
    stage_cfg.merge_from_dict({key: _filled(value, outputs) for key, value in stage.options.items()})
    unfit = merge_options(stage_cfg, overrides)
    if unfit and is_main_process():
        print(f'Stage {stage.folder} has no use for {", ".join(unfit)}', flush=True)
    stage_cfg.work_dir = osp.join(cfg.work_dir, stage.folder)
    stage_cfg.launcher = cfg.launcher
    # MMEngine keeps loggers and visualizers by name; each stage needs its own to write into its own folder.
    stage_cfg.experiment_name = stage_cfg.visualizer.name = stage.folder
    if stage.load_from is not None:
        known = outputs.get(stage.load_from)
        stage_cfg.load_from = known.checkpoint if known else stage.load_from
    if stage.labels_from is not None:
        labeler = outputs[stage.labels_from]
        stage_cfg.merge_from_dict(
            {'default_hooks.pseudo_labels.labeler': dict(config=labeler.config, checkpoint=labeler.checkpoint)}
        )
    return stage_cfg


def run_stage(stage: Stage, cfg: Config) -> str:
    """Run, resume or skip one stage; returns its last checkpoint."""
    checkpoint = finished_checkpoint(cfg)
    if checkpoint is not None:
        if is_main_process():
            print(f'Stage {stage.folder}: finished before ({checkpoint})', flush=True)
        return checkpoint
    cfg.resume = True
    settle_resume(cfg)
    if is_main_process():
        begin = 'resumed' if cfg.resume else f'starts from {cfg.get("load_from") or "its initial weights"}'
        print(f'Stage {stage.folder}: {begin}', flush=True)
    build_runner(cfg).train()
    barrier()
    # A Runner refers to itself through its hooks: without this, its model and workers would live on.
    gc.collect()
    torch.cuda.empty_cache()
    checkpoint = finished_checkpoint(cfg)
    if checkpoint is None:
        raise UserError(
            f'stage {stage.folder} ended without iter_{cfg.train_cfg.max_iters}.pth in {cfg.work_dir}: keep '
            'default_hooks.checkpoint with by_epoch=False and save_last=True'
        )
    return checkpoint
