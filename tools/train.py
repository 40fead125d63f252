"""Train a segmentor, or every stage of a method: MMSeg's arguments, on GPUs or on a CPU."""

import argparse
import os
import os.path as osp


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description='Train a segmentor')
    parser.add_argument('config', help='train config file path')
    parser.add_argument('--work-dir', help='the dir to save logs and models')
    parser.add_argument(
        '--resume',
        action='store_true',
        help='resume from the latest checkpoint in the work_dir automatically; a config with stages always does',
    )
    parser.add_argument('--amp', action='store_true', help='train with automatic mixed precision (bf16)')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        metavar='KEY=VALUE',
        help='override settings of the config, e.g. train_cfg.max_iters=100; applied to every stage',
    )
    parser.add_argument('--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none', help='job launcher')
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0)
    args = parser.parse_args()
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    return args


def main() -> None:
    args = parse_args()

    # Heavy imports only now, so that --help answers at once; what they print is filtered first.
    from mmseg_uda.utils.console import quiet_stack

    quiet_stack()

    from mmengine.config import Config

    from mmseg_uda.datasets import DatasetError
    from mmseg_uda.engine.checks import ConfigError
    from mmseg_uda.engine.launch import (
        build_runner,
        enable_amp,
        leave_process_group,
        merge_options,
        parse_options,
        prepare_process,
        settle_resume,
    )
    from mmseg_uda.engine.stages import run_stages
    from mmseg_uda.models.checkpoints import CheckpointError

    overrides = parse_options(args.cfg_options)
    cfg = Config.fromfile(args.config)
    unfit = merge_options(cfg, overrides)
    if unfit and not cfg.get('stages'):
        raise SystemExit(
            f'Error: --cfg-options {unfit[0]}: {args.config} has nothing of that name, or a key above it is None'
        )
    cfg.launcher = args.launcher
    if args.work_dir is not None:
        cfg.work_dir = args.work_dir
    elif cfg.get('work_dir') is None:
        cfg.work_dir = osp.join('work_dirs', osp.splitext(osp.basename(args.config))[0])

    def prepare(run_cfg: Config) -> None:
        if args.amp:
            enable_amp(run_cfg)

    try:
        if cfg.get('stages'):
            prepare_process(cfg)
            run_stages(cfg, args.config, overrides, prepare)
        else:
            prepare(cfg)
            cfg.resume = args.resume
            if 'load_from' not in overrides:  # --resume --cfg-options load_from=FILE resumes from it, as in MMSeg
                settle_resume(cfg)
            build_runner(cfg).train()
    except (ConfigError, DatasetError, CheckpointError) as error:
        raise SystemExit(f'Error: {error}') from error
    leave_process_group()


if __name__ == '__main__':
    main()
