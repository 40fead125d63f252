"""Methods of several stages in one launch: ``stages`` of a config, docs/training.md."""

import copy
import gc
import os.path as osp
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mmengine
import torch
from mmengine.config import Config
from mmengine.dist import barrier, is_main_process

from mmseg_uda.errors import UserError, choice
from mmseg_uda.utils.configs import load_config
from mmseg_uda.utils.files import written_aside

from .checkpoint_files import is_finished, latest_checkpoint, own_files
from .checks import check_files, check_present, check_values
from .fragments import check_fragments
from .launch import apply_options, merge_options, refuse, settle_resume, train
from .lock import locked
from .options import unfit_options
from .settings import PROCESSES, check_settings, digest, keep_settings, kept_settings, settings_of

KEYS = ('changes', 'config', 'stage', 'load_from', 'labels_from', 'repeat', 'result')
RESULTS = ('last', 'best')
PREVIOUS = 'previous'
LABELER = 'default_hooks.pseudo_labels.labeler'


@dataclass
class Stage:
    """One training run of a launch.

    Attributes:
        entry: Its name in ``stages``.
        name: The same, and the number of the repetition where the entry has ``repeat``: ``round_2``.
        cfg: Its whole config; it names files that earlier runs will have written.
        shared: Whether it is a run of another config, in that config's own work dir, which other methods use too.
        result: Which checkpoint others take from it, ``'last'`` or ``'best'`` (docs/training.md).
        completes: Work dirs of the methods whose last run it is; their ``last_checkpoint`` names its result.
        unfit: ``--cfg-options`` that it has no use for, and why.
        settings: What its result follows from, see :func:`.settings.settings_of`; known once a launch is settled.
    """

    entry: str
    name: str
    cfg: Config
    shared: bool = False
    result: str = 'last'
    completes: list[str] = field(default_factory=list)
    unfit: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def checkpoint(self) -> str:
        """Path of the checkpoint that others take from it."""
        if self.result == 'best':
            return osp.join(self.cfg.work_dir, 'best.pth')
        return osp.join(self.cfg.work_dir, f'iter_{self.cfg.train_cfg.max_iters}.pth')

    @property
    def config(self) -> str:
        """Path of its resolved config, which MMEngine's Runner writes."""
        return osp.join(self.cfg.work_dir, osp.basename(self.cfg.filename))

    def is_named(self, name: str | None) -> bool:
        """Whether ``--stage name`` means this one; every stage without a name."""
        return name in (None, self.entry, self.name)


def with_options(method: Config, overrides: dict, only: str | None = None) -> Config:
    """A config with ``--cfg-options``: what is trained where it has no stages, else what says so (:func:`plan_stages`).

    Args:
        method: The config as read; not changed.
        overrides: ``--cfg-options``.
        only: ``--stage``.

    Raises:
        UserError: The config has no stages, but ``only`` names one or an option does not fit.
    """
    cfg = copy.deepcopy(method)
    unfit = merge_options(cfg, overrides)
    if not cfg.get('stages'):
        if only:
            raise UserError(f'--stage {only}: {method.filename} has no stages')
        check_present(cfg, 'model')
        refuse(unfit)
    return cfg


def plan_stages(cfg: Config, overrides: dict, only: str | None = None) -> list[Stage]:
    """Every training run of a method: those of other configs, which need nothing of it, then its own, in order.

    Args:
        cfg: The method's config with ``work_dir`` and ``launcher``, without ``overrides``. Its ``stages`` are ``{name:
            dict(changes={}, config=None, stage=None, load_from=None, labels_from=None, repeat=1, result='last')}``;
            None in place of a dict removes one. See docs/training.md.
        overrides: ``--cfg-options``; of them, runs of other configs take those that say where images are.
        only: Name of the stage that will be run by itself. What it takes from others may be given in ``overrides``.

    Raises:
        UserError: A wrong entry, or an option that no stage has a use for, naming it.
    """
    plan = _plan(cfg, overrides, only)
    _check_used(plan, overrides)
    return plan


def _plan(cfg: Config, overrides: dict, only: str | None) -> list[Stage]:
    as_read, cfg = cfg, copy.deepcopy(cfg)
    apply_options(cfg, {key: value for key, value in overrides.items() if _of_stages(key)})
    entries = {name: entry for name, entry in cfg.stages.items() if entry is not None}
    plan: list[Stage] = []
    outputs: dict[str, Stage] = {}
    for name, entry in entries.items():
        _check_entry(entry, f'stages.{name} of {cfg.filename}')
        if _is_shared(entry):
            runs = _runs_of(entry, name, cfg, overrides)
            outputs[name] = runs[-1]
            known = [stage.cfg.work_dir for stage in plan]
            plan += [run for run in runs if run.cfg.work_dir not in known]
    number = 0
    for name, entry in entries.items():
        where = f'stages.{name} of {cfg.filename}'
        if _is_shared(entry):
            outputs[PREVIOUS] = outputs[name]
            continue
        _check_changes(as_read, name, overrides)
        names = [f'{name}_{i + 1}' for i in range(entry.repeat)] if 'repeat' in entry else [name]
        for stage_name in names:
            stage = Stage(name, stage_name, _stage_config(cfg, entry, where), result=entry.get('result', 'last'))
            stage.unfit = merge_options(stage.cfg, {k: v for k, v in overrides.items() if not _of_stages(k)})
            _give_folder(stage.cfg, osp.join(cfg.work_dir, f'{number:02d}_{stage_name}'))
            _take_inputs(stage.cfg, entry, outputs, overrides, only, where)
            plan.append(stage)
            outputs[name] = outputs[stage_name] = outputs[PREVIOUS] = stage
            number += 1
    if not plan:
        raise UserError(f'stages of {cfg.filename} are all None: set stages=None to train the config as it stands')
    plan[-1].completes.append(cfg.work_dir)
    return plan


def _of_stages(key: str) -> bool:
    return key.split('.')[0] == 'stages'


def _is_place(key: str) -> bool:
    """Whether an option says where images are."""
    return re.match(r'\w+_dataloader\.dataset\.', key) is not None


def _give_folder(cfg: Config, work_dir: str) -> None:
    """MMEngine keeps loggers and visualizers by name; each run needs its own to write into its own folder."""
    cfg.work_dir = cfg.experiment_name = work_dir
    if cfg.get('visualizer'):
        cfg.visualizer.name = work_dir


def _check_used(plan: list[Stage], overrides: dict) -> None:
    """Every option is used by one stage at least; the screen says which leave it alone."""
    for key in overrides:
        if _of_stages(key):
            continue
        offered = [stage for stage in plan if not stage.shared or _is_place(key)]
        if all(key in stage.unfit for stage in offered):
            why = offered[-1].unfit[key] if offered else 'runs of other configs take where images are, and no other'
            raise UserError(f'--cfg-options {key}: no stage has a use for it; {why}')
    for stage in plan:
        if stage.unfit and not stage.shared and is_main_process():
            print(f'Stage {stage.name} has no use for {", ".join(stage.unfit)}', flush=True)


def _check_changes(cfg: Config, name: str, overrides: dict) -> None:
    """Options below ``stages.<name>.changes`` fit the config that they change."""
    prefix = f'stages.{name}.changes.'
    options = {key.removeprefix(prefix): value for key, value in overrides.items() if key.startswith(prefix)}
    if options:
        unchanged = _stage_config(cfg, cfg.stages.get(name) or {}, f'stages.{name} of {cfg.filename}')
        for key, why in unfit_options(unchanged, options).items():
            raise UserError(f'--cfg-options {prefix}{key}: {why}')


def _is_shared(entry: dict) -> bool:
    """Whether an entry runs another config as it stands."""
    return bool(entry.get('config')) and not entry.get('changes')


def _check_entry(entry: dict, where: str) -> None:
    if not isinstance(entry, dict) or set(entry) - set(KEYS):
        raise UserError(f'{where}: expected a dict with the keys {", ".join(KEYS)}, got {entry}')
    repeat = entry.get('repeat', 1)
    if not isinstance(repeat, int) or repeat < 1:
        raise UserError(f'{where}.repeat is {repeat!r}, expected a number of runs (None for the stage leaves it out)')
    choice(f'{where}.result', entry.get('result', 'last'), RESULTS)
    if _is_shared(entry) and set(entry) - {'config', 'stage', 'changes'}:
        raise UserError(
            f'{where} runs another config as it stands, which takes no {", ".join(sorted(set(entry) - {"config"}))}; '
            'with `changes` it becomes a run of this method'
        )


def _load(entry: dict, method: Config, where: str) -> Config:
    """The config that an entry names; a relative path counts from the method's config."""
    path = osp.join(osp.dirname(method.filename), entry.config)
    if not osp.isfile(path):
        raise UserError(f'{where}.config: {path} does not exist')
    cfg = load_config(path)
    check_fragments(cfg)
    return cfg


def _runs_of(entry: dict, name: str, cfg: Config, overrides: dict) -> list[Stage]:
    """The runs of another config, in its own work dir beside the method's."""
    where = f'stages.{name} of {cfg.filename}'
    other = _load(entry, cfg, where)
    other.launcher = cfg.launcher
    if other.get('work_dir') is None:
        other.work_dir = osp.join(osp.dirname(cfg.work_dir), Path(other.filename).stem)
    places = {key: value for key, value in overrides.items() if _is_place(key)}
    if other.get('stages'):
        runs = chosen_stages(_plan(other, places, None), entry.get('stage'), other)
        for run in runs:
            run.name = f'{name}.{run.name}'
    elif entry.get('stage'):
        raise UserError(f'{where}.stage is {entry.stage}, but {other.filename} has no stages')
    else:
        unfit = merge_options(other, places)
        _give_folder(other, other.work_dir)
        runs = [Stage(name, name, other, unfit=unfit)]
    for run in runs:
        run.entry, run.shared = name, True
    return runs


def chosen_stages(plan: list[Stage], name: str | None, cfg: Config) -> list[Stage]:
    """Those of a plan that ``--stage name`` means.

    Raises:
        UserError: None; the message lists what there is.
    """
    chosen = [stage for stage in plan if stage.is_named(name)]
    if not chosen:
        known = dict.fromkeys(name for stage in plan for name in (stage.entry, stage.name))
        raise UserError(f'stage {name}: {cfg.filename} has the stages {", ".join(known)}')
    return chosen


def config_of_run(method: Config, overrides: dict, name: str | None) -> Config:
    """The config of one training run of a method.

    Args:
        method: A config with ``work_dir`` and ``launcher``, with or without stages, without ``overrides``.
        overrides: ``--cfg-options``.
        name: ``--stage``; None means the last one.

    Raises:
        UserError: There is no such stage, or an option that nothing has a use for.
    """
    cfg = with_options(method, overrides, name)
    return chosen_stages(plan_stages(method, overrides), name, method)[-1].cfg if cfg.get('stages') else cfg


def _stage_config(cfg: Config, entry: dict, where: str) -> Config:
    """The method's config, or the one that the entry names, with the entry's changes."""
    stage_cfg = _load(entry, cfg, where) if entry.get('config') else copy.deepcopy(cfg)
    if entry.get('config') and stage_cfg.get('stages'):
        raise UserError(f'{where}: {entry.config} has stages of its own, so it takes no `changes`')
    stage_cfg.pop('stages', None)
    stage_cfg.launcher = cfg.launcher
    try:
        stage_cfg.merge_from_dict(copy.deepcopy(dict(entry.get('changes') or {})))
    except (TypeError, KeyError) as error:
        raise UserError(f'{where}.changes: {error}') from error
    return stage_cfg


def _take_inputs(
    cfg: Config, entry: dict, outputs: dict[str, Stage], overrides: dict, only: str | None, where: str
) -> None:
    """Weights and labels of earlier stages, by name.

    What comes from a stage of this launch goes before ``overrides``; what comes from elsewhere can be given by them.
    """

    def given(key: str, stage: Stage | None) -> bool:
        return any(option.startswith(key) for option in overrides) and not (stage and stage.is_named(only))

    def earlier(key: str, name: str) -> Stage:
        if name in outputs:
            return outputs[name]
        known = ', '.join(outputs) or 'none, it is the first stage'
        raise UserError(f'{where}: {key} names {name!r}, which is no earlier stage; known here: {known}')

    start, labels = entry.get('load_from'), entry.get('labels_from')
    if start and not given('load_from', outputs.get(start)):
        cfg.load_from = start if _is_path(start) else earlier('load_from', start).checkpoint
    if labels and not given(LABELER, outputs.get(labels)):
        stage = earlier('labels_from', labels)
        cfg.merge_from_dict({LABELER: dict(config=stage.config, checkpoint=stage.checkpoint)})
    cfg.merge_from_dict(_filled(cfg.model.to_dict(), 'model', earlier) if 'model' in cfg else {})


def _is_path(text: str) -> bool:
    return text.endswith('.pth') or '://' in text or osp.sep in text


def _filled(value, key: str, earlier: Callable[[str, str], Stage]) -> dict[str, str]:
    """``{key: checkpoint}`` of every string below ``key`` that is ``'{name of a stage}'``."""
    if isinstance(value, str):
        name = re.fullmatch(r'\{(\w+)\}', value)
        return {key: earlier(key, name[1]).checkpoint} if name else {}
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {k: v for name, child in items for k, v in _filled(child, f'{key}.{name}', earlier).items()}


def finished_checkpoint(cfg: Config) -> str | None:
    """The checkpoint of a finished training run in ``cfg.work_dir``, or None.

    One that was killed in its last validation is not: it goes on with that.
    """
    latest = latest_checkpoint(cfg.work_dir)
    iterations = cfg.train_cfg.max_iters
    if latest and Path(latest).stem == f'iter_{iterations}' and is_finished(cfg.work_dir, iterations):
        return latest
    return None


def settle_settings(plan: list[Stage], chosen: list[Stage]) -> None:
    """Say what each stage's result follows from.

    Where a stage takes another's result, the other's settings stand for its path: so a stage follows from all before
    it, and its folder may be moved. Of stages that are not run in this launch, the settings that they had count.
    """
    results: dict[str, str] = {}
    for stage in plan:
        stage.settings = settings_of(stage.cfg, results, stage.result == 'best')
        had = None if stage in chosen else kept_settings(stage.cfg.work_dir)
        made = f'a result of settings {digest(had or stage.settings)}'
        results[stage.checkpoint] = results[stage.config] = made


def check_stage_settings(stage: Stage) -> None:
    """What a stage's folder holds was trained with the settings asked for, finished or not.

    Raises:
        UserError: The settings differ.
    """
    where = 'in another folder, since runs of other configs lie beside it' if stage.shared else ''
    remedy = f'Give another --work-dir {where}'.rstrip() + ', or remove the folder to train it anew'
    free = () if finished_checkpoint(stage.cfg) is None else (PROCESSES,)
    check_settings(stage.cfg.work_dir, stage.settings, remedy, free)


def check_plan(plan: list[Stage]) -> None:
    """Find what is missing for a later stage, or was trained otherwise, now and not after days.

    Raises:
        UserError: A folder or file is missing that no stage before writes, or a stage's settings differ from those that
            its folder was trained with.
    """
    written: set[str] = set()
    for stage in plan:
        check_stage_settings(stage)
        if finished_checkpoint(stage.cfg) is None:
            try:
                check_values(stage.cfg)
                check_files(stage.cfg, written)
            except UserError as error:
                raise UserError(f'stage {stage.name}: {error}') from error
        written |= {stage.config, stage.checkpoint}


def run_stages(cfg: Config, overrides: dict, prepare: Callable[[Config], None], only: str | None = None) -> str:
    """Run every stage that is not finished; resume the one that was interrupted.

    Args:
        cfg: The method's config, see :func:`plan_stages`.
        overrides: ``--cfg-options``.
        prepare: ``prepare(stage_cfg)`` applies other command-line options (AMP) to the config of a stage of its own.
        only: Run this stage alone.

    Returns:
        The last run's result. When the method's last stage is finished, ``<work_dir>/last_checkpoint`` names its.
    """
    plan = plan_stages(cfg, overrides, only)
    for stage in plan:
        if not stage.shared:
            prepare(stage.cfg)
    chosen = chosen_stages(plan, only, cfg)
    settle_settings(plan, chosen)
    check_plan(chosen)
    for stage in chosen:
        checkpoint = run_stage(stage)
        if is_main_process():
            for work_dir in stage.completes:
                mmengine.put_text(osp.abspath(checkpoint), osp.join(work_dir, 'last_checkpoint'))
    return checkpoint


def run_stage(stage: Stage) -> str:
    """Run, resume or skip one stage; returns its result."""
    cfg = stage.cfg
    checkpoint = finished_checkpoint(cfg)
    if checkpoint is not None:
        if is_main_process():
            print(f'Stage {stage.name}: finished before ({checkpoint})', flush=True)
        keep_settings(cfg.work_dir, stage.settings)  # in case they were not known
        return keep_best(stage) if stage.result == 'best' else checkpoint
    cfg.resume = True
    with locked(cfg.work_dir):
        settle_resume(cfg)
        if is_main_process():
            begin = 'resumed' if cfg.resume else f'starts from {cfg.get("load_from") or "its initial weights"}'
            print(f'Stage {stage.name}: {begin}', flush=True)
        train(cfg, stage.settings)
    barrier()
    # A Runner refers to itself through its hooks: without this, its model and workers would live on.
    gc.collect()
    torch.cuda.empty_cache()
    checkpoint = finished_checkpoint(cfg)
    if checkpoint is None:
        raise UserError(
            f'stage {stage.name} ended without iter_{cfg.train_cfg.max_iters}.pth in {cfg.work_dir}: keep '
            'default_hooks.checkpoint with by_epoch=False and save_last=True'
        )
    return keep_best(stage) if stage.result == 'best' else checkpoint


def keep_best(stage: Stage) -> str:
    """Copy the best checkpoint of a finished stage, whose name says its iteration, to where others look for it.

    Raises:
        UserError: There is none.
    """
    found = sorted(own_files(stage.cfg.work_dir, 'best_*.pth'), key=osp.getmtime)
    if not found:
        raise UserError(
            f"stage {stage.name}: its result is 'best', but {stage.cfg.work_dir} has no best_*.pth: set "
            'default_hooks.checkpoint.save_best to a number of the validation, such as mIoU'
        )
    if is_main_process():
        print(f'Stage {stage.name}: goes on with {found[-1].name}', flush=True)
        with written_aside(Path(stage.checkpoint)) as aside:
            shutil.copyfile(found[-1], aside)
    barrier()
    return stage.checkpoint
