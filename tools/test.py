"""Test (and evaluate) a model: MMSeg's arguments, on GPUs or on a CPU."""

import argparse
import os
import os.path as osp


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description='Test (and evaluate) a model')
    parser.add_argument('config', help='config file path')
    parser.add_argument('checkpoint', help='checkpoint file')
    parser.add_argument('--work-dir', help='the directory to save the evaluation results in, as JSON')
    parser.add_argument('--out', help='the directory to save predictions in, for offline evaluation')
    parser.add_argument('--show', action='store_true', help='show predictions')
    parser.add_argument('--show-dir', help='directory where painted images will be saved')
    parser.add_argument('--wait-time', type=float, default=2, help='the interval of show (s)')
    parser.add_argument('--cfg-options', nargs='+', metavar='KEY=VALUE', help='override settings of the config')
    parser.add_argument('--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none', help='job launcher')
    parser.add_argument('--tta', action='store_true', help='test time augmentation')
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
    from mmseg_uda.engine.launch import build_test_runner, leave_process_group, parse_options
    from mmseg_uda.models.checkpoints import CheckpointError

    cfg = Config.fromfile(args.config)
    cfg.merge_from_dict(parse_options(args.cfg_options))
    cfg.launcher = args.launcher
    cfg.load_from = args.checkpoint
    if args.work_dir is not None:
        cfg.work_dir = args.work_dir
    elif cfg.get('work_dir') is None:
        cfg.work_dir = osp.join('work_dirs', osp.splitext(osp.basename(args.config))[0])
    if args.show or args.show_dir:
        cfg.default_hooks.visualization.update(draw=True, show=args.show, wait_time=args.wait_time)
        if args.show_dir:
            cfg.visualizer.save_dir = args.show_dir
    if args.tta:
        cfg.test_dataloader.dataset.pipeline = cfg.tta_pipeline
        cfg.tta_model.module = cfg.model
        cfg.model = cfg.tta_model
    if args.out is not None:
        cfg.test_evaluator.update(output_dir=args.out, keep_results=True)
    try:
        build_test_runner(cfg).test()
    except (ConfigError, DatasetError, CheckpointError) as error:
        raise SystemExit(f'Error: {error}') from error
    leave_process_group()


if __name__ == '__main__':
    main()
