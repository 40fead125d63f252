"""From a config to a Runner that works on one GPU, eight, or a laptop's CPU."""

import copy
import os
import sys
from argparse import ArgumentParser
from typing import Any

import torch
import torch.distributed as torch_dist
from mmengine.config import Config, DictAction
from mmengine.dist import broadcast_object_list, get_rank, init_dist, is_main_process, master_only
from mmengine.runner import Runner
from mmengine.runner.checkpoint import CheckpointLoader

from mmseg_uda.errors import UserError
from mmseg_uda.models.checkpoints import check_fits, check_some_fit
from mmseg_uda.models.segmentors.finite import NonFiniteLossError
from mmseg_uda.utils.configs import load_config
from mmseg_uda.utils.console import quiet_stack

from .checkpoint_files import forget, is_intact, latest_checkpoint, mark_finished, point_to
from .checks import check_present, check_test_config, check_training_config
from .hooks.termination_hook import STATUS, Terminated, termination_hook
from .lock import locked
from .options import unfit_options
from .runner import UDARunner
from .settings import check_settings, keep_settings, settings_of


def parse_options(options: list[str] | None) -> dict:
    """``KEY=VALUE`` words of ``--cfg-options`` and the like, with MMEngine's syntax for values.

    Raises:
        UserError: A word is no such pair, or its brackets do not match.
    """
    for word in options or ():
        if not word.partition('=')[0] or '=' not in word:
            raise UserError(f'{word!r} is no option: expected KEY=VALUE, without spaces around =')
    parser = ArgumentParser()
    parser.add_argument('--options', nargs='+', action=DictAction)
    try:
        return parser.parse_args(['--options', *options]).options if options else {}
    except (AssertionError, SyntaxError, ValueError) as error:
        raise UserError(f'options {" ".join(options)}: {error}; check brackets and quotes') from error


def merge_options(cfg: Config, options: dict) -> dict[str, str]:
    """Apply ``--cfg-options`` to a config, those that fit.

    Args:
        cfg: The config, changed in place.
        options: ``{'a.b.c': value}`` as :func:`parse_options` gives them.

    Returns:
        Keys left out and why, see :func:`.options.unfit_options`.
    """
    unfit = unfit_options(cfg, options)
    cfg.merge_from_dict(copy.deepcopy({key: value for key, value in options.items() if key not in unfit}))
    return unfit


def apply_options(cfg: Config, options: dict) -> None:
    """Apply ``--cfg-options`` to a config, all of them.

    Args:
        cfg: The config, changed in place.
        options: ``{'a.b.c': value}`` as :func:`parse_options` gives them.

    Raises:
        UserError: One does not fit; the message names it and the nearest known key.
    """
    refuse(merge_options(cfg, options))


def read_config(path: str, options: list[str] | None) -> Config:
    """Read a config and apply ``--cfg-options``.

    Args:
        path: Its path.
        options: ``KEY=VALUE`` words.

    Raises:
        UserError: An option does not fit.
    """
    cfg = load_config(path)
    check_present(cfg, 'model')
    apply_options(cfg, parse_options(options))
    return cfg


def refuse(unfit: dict[str, str]) -> None:
    """Raise a UserError about the first of the options that do not fit, if there is any."""
    for key, why in unfit.items():
        raise UserError(f'--cfg-options {key}: {why}')


def prepare_process(cfg: Config) -> None:
    """Make the process ready: warnings, and gloo where there is no GPU.

    MMEngine's launcher calls CUDA and its default model wrapper passes ``device_ids``; on CPU both would fail, so the
    group is initialised here and the wrapper is told to use none.
    """
    quiet_stack()
    if cfg.get('launcher', 'none') == 'none':
        return
    if torch.cuda.is_available():
        if not torch_dist.is_initialized():  # before the Runner would, so that ranks agree on a seed
            init_dist(cfg.launcher, **cfg.env_cfg.dist_cfg)
        return
    if cfg.launcher != 'pytorch':
        raise UserError(f'launcher {cfg.launcher!r} needs GPUs; on CPUs use tools/dist_train.sh (launcher pytorch)')
    if not torch_dist.is_initialized():
        torch_dist.init_process_group('gloo')
    cfg.setdefault(
        'model_wrapper_cfg', dict(type='MMDistributedDataParallel', device_ids=None, broadcast_buffers=False)
    )
    cfg.model_wrapper_cfg.setdefault('find_unused_parameters', cfg.get('find_unused_parameters', False))


def enable_amp(cfg: Config) -> None:
    """Turn on bf16 autocast unless the config chose a type itself; ``--amp``."""
    if cfg.optim_wrapper.get('constructor') == 'JointOptimWrapperConstructor':
        cfg.optim_wrapper.amp_dtype = cfg.optim_wrapper.get('amp_dtype') or 'bfloat16'
        return
    raise UserError(
        "--amp needs optim_wrapper.constructor='JointOptimWrapperConstructor' (MMEngine's AmpOptimWrapper takes one "
        'optimiser only); inherit from configs/_base_/schedules'
    )


def settle_resume(cfg: Config) -> None:
    """A run goes on from the latest checkpoint of its own; without one it starts anew, from ``load_from`` if given.

    MMEngine would resume from ``load_from``, which in our configs is the model that the run once started from.
    """
    if not cfg.get('resume'):
        return
    if latest := latest_checkpoint(cfg.work_dir, is_intact):
        point_to(cfg.work_dir, latest)
        cfg.load_from = None
    else:
        cfg.resume = False


def settle_seed(cfg: Config) -> None:
    """Write the seed into the config: the resumed checkpoint's, the given one, or a drawn one, equal on all ranks."""
    cfg.setdefault('randomness', {})
    seed = cfg.randomness.get('seed')
    checkpoint = resumed_checkpoint(cfg)
    if checkpoint is not None and is_main_process():
        meta = CheckpointLoader.load_checkpoint(checkpoint, map_location='cpu', logger='silent')['meta']
        seed = meta.get('seed', seed)
    seeds = [int.from_bytes(os.urandom(3), 'big') if seed is None else seed]
    broadcast_object_list(seeds, src=0)  # rank 0 decides; does nothing in a single process
    cfg.randomness.seed = seeds[0]


# What makes a run go on exactly after an interruption, ranks label and validate one model, and labels be made.
HOOKS = dict(
    iteration_seed=dict(type='IterationSeedHook'),
    termination=dict(type='TerminationHook'),
    missed_validation=dict(type='MissedValidationHook'),
    norm_statistics=dict(type='SyncNormStatisticsHook'),
    pseudo_labels=dict(type='PseudoLabelHook'),
)


def add_hooks(cfg: Config) -> None:
    """Give a config that does not inherit from ``default_runtime.py`` the hooks of it that runs rely on.

    One that the config has, by name or type, or has removed (None), is left as it is.
    """
    hooks = cfg.setdefault('default_hooks', {})
    types = [hook.get('type') for hook in (*hooks.values(), *(cfg.get('custom_hooks') or [])) if hook]
    for name, hook in HOOKS.items():
        if hook['type'] not in types:
            hooks.setdefault(name, dict(hook))


def resumed_checkpoint(cfg: Config) -> str | None:
    """The checkpoint that ``resume`` will take up: ``load_from``, else the latest in ``work_dir``; None if none."""
    if not cfg.get('resume'):
        return None
    return cfg.get('load_from') or latest_checkpoint(cfg.work_dir)


def settle_evaluation(cfg: Config) -> None:
    """Without labelled target images there is nothing to score: then no loop and no evaluator, which schedules bring.

    MMEngine wants loader, loop and evaluator all or none.
    """
    for split in ('val', 'test'):
        if cfg.get(f'{split}_dataloader') is None:
            cfg.merge_from_dict({f'{split}_{part}': None for part in ('dataloader', 'cfg', 'evaluator')})


@master_only
def announce(cfg: Config) -> None:
    """Say where the run's files are, and what it goes on from."""
    print(f'Work dir: {cfg.work_dir} (resolved config, log and checkpoints); seed {cfg.randomness.seed}', flush=True)
    if resumed := resumed_checkpoint(cfg):
        print(f'Resumed from {resumed}', flush=True)
    if cfg.val_dataloader is None:
        print('No validation: val_dataloader is not set', flush=True)


def build_runner(cfg: Config) -> Runner:
    """Check a training config, settle what it leaves open, and build its Runner.

    Args:
        cfg: Resolved config with ``work_dir`` and ``launcher``; changed in place.

    Raises:
        UserError: Something would fail later; the message names the key and the fix.
    """
    prepare_process(cfg)
    add_hooks(cfg)
    check_training_config(cfg)
    settle_evaluation(cfg)
    settle_seed(cfg)
    announce(cfg)
    return UDARunner.from_cfg(cfg)


def build_test_runner(cfg: Config) -> Runner:
    """Check a config for testing ``cfg.load_from`` and build its Runner.

    Raises:
        UserError: The checkpoint or the test images are missing, or the checkpoint is another network's.
    """
    prepare_process(cfg)
    check_test_config(cfg)
    settle_evaluation(cfg)
    runner = UDARunner.from_cfg(cfg)
    check_fits(runner.model, cfg.load_from)
    return runner


def train(cfg: Config, settings: dict[str, Any], again: str = 'the same command') -> None:
    """Train in the folder of a run, which keeps its settings; Ctrl-C says where it stopped and what goes on.

    The folder is to be :func:`.lock.locked` by now, so that nobody else settles from where its run goes on.

    Args:
        cfg: As for :func:`build_runner`.
        settings: What the result follows from, see :func:`.settings.settings_of`.
        again: What resumes the run, for the message.

    Raises:
        UserError: See :func:`build_runner`.
        NonFiniteLossError: In training; the message has the iteration.
        KeyboardInterrupt: With a message.
        Terminated: After SIGTERM, with what was saved on the screen.
    """
    runner = build_runner(cfg)
    if not cfg.resume:
        if cfg.load_from:
            check_some_fit(runner.model, cfg.load_from)
        forget(cfg.work_dir)
    keep_settings(cfg.work_dir, settings)
    try:
        runner.train()
    except NonFiniteLossError as error:
        replay = _save_for_replay(runner)
        raise NonFiniteLossError(f'iteration {runner.iter + 1} of {cfg.work_dir}: {error}. {replay}') from error
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f'Interrupted at {_place(runner, runner.iter, again)}') from None
    except (Terminated, RuntimeError) as error:
        # SIGTERM to all processes ends loading processes and other ranks too, on which torch has a RuntimeError.
        hook = termination_hook(runner)
        if hook is None or not hook.asked:
            raise
        hook.save(runner)
        _say(f'Terminated at {_place(runner, hook.done, again)}')
        raise Terminated(STATUS) from error
    mark_finished(cfg.work_dir, runner.iter)


def _place(runner: Runner, iteration: int, again: str) -> str:
    """Where a run stopped, and what goes on."""
    latest = latest_checkpoint(runner.work_dir)
    begin = f'goes on from {latest}' if latest else 'starts the run anew, since nothing was saved yet'
    return f'iteration {iteration} of {runner.work_dir}; {again} {begin}'


def _save_for_replay(runner: Runner) -> str:
    """Save the state before a step that failed, as this rank has it; returns what replays the step.

    Data and random numbers of a step follow from seed and iteration. (A teacher has moved for the step already, and
    queues and BatchNorm statistics may have seen it.)
    """
    name = f'non_finite_rank{get_rank()}.pth'
    save = Runner.save_checkpoint.__wrapped__  # on any rank
    save(runner, runner.work_dir, name, meta=dict(epoch=runner.epoch, iter=runner.iter), by_epoch=False)
    config = os.path.join(runner.work_dir, os.path.basename(runner.cfg.filename))
    return (
        f'To replay the step: train.py {config} --work-dir {runner.work_dir} --resume --cfg-options '
        f'load_from={runner.work_dir}/{name}'
    )


@master_only
def _say(message: str) -> None:
    print(f'\n{message}', file=sys.stderr, flush=True)


def train_alone(cfg: Config, resume: bool, overrides: dict) -> None:
    """Train a config without stages; to be resumed it must have the settings that it had, but for more iterations.

    (A checkpoint brings its optimisers and schedules, so that others would be ignored.)

    Args:
        cfg: The config with ``overrides``, ``work_dir`` and ``launcher``.
        resume: Go on from the latest checkpoint of its work dir or, as in MMSeg, from ``load_from`` of the overrides.
        overrides: ``--cfg-options``.

    Raises:
        UserError: Other settings; or see :func:`build_runner`.
    """
    prepare_process(cfg)
    settings = settings_of(cfg, {})
    cfg.resume = resume
    if resume:
        free = {'train_cfg.max_iters', 'load_from'} & {'train_cfg.max_iters', *overrides}
        check_settings(cfg.work_dir, settings, 'Give another --work-dir, or leave out --resume to train it anew', free)
    with locked(cfg.work_dir):
        if 'load_from' not in overrides:
            settle_resume(cfg)
        train(cfg, settings, 'the same command' if resume else 'the same command with --resume')
