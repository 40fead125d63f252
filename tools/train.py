"""Train a segmentor, or every stage of a method: MMSeg's arguments, on GPUs or on a CPU."""

import argparse
import os.path as osp
from pathlib import Path

from mmseg_uda.utils.command import add_launcher, run_tool


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description='Train a segmentor')
    parser.add_argument('config', help='train config file path')
    parser.add_argument('--work-dir', help='the dir to save logs and models')
    parser.add_argument(
        '--resume',
        action='store_true',
        help='resume from the latest checkpoint in the work_dir automatically; a config with stages always does',
    )
    parser.add_argument('--stage', metavar='NAME', help='run one stage of a config with stages by itself')
    parser.add_argument('--amp', action='store_true', help='train with automatic mixed precision (bf16)')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        metavar='KEY=VALUE',
        help='override settings of the config, e.g. train_cfg.max_iters=100; applied to every stage of its own',
    )
    add_launcher(parser)
    return parser.parse_args()


def train(args: argparse.Namespace) -> None:
    """Run the config, or its stages."""
    from mmengine.config import Config

    from mmseg_uda.engine.fragments import check_fragments
    from mmseg_uda.engine.launch import enable_amp, parse_options, prepare_process, train_alone
    from mmseg_uda.engine.stages import run_stages, with_options
    from mmseg_uda.utils.configs import load_config

    overrides = parse_options(args.cfg_options)
    method = load_config(args.config)
    check_fragments(method, overrides)
    cfg = with_options(method, overrides, args.stage)
    for one in (method, cfg):
        one.launcher = args.launcher
        one.work_dir = args.work_dir or cfg.get('work_dir') or osp.join('work_dirs', Path(args.config).stem)

    def prepare(run_cfg: Config) -> None:
        if args.amp:
            enable_amp(run_cfg)

    if cfg.get('stages'):
        prepare_process(method)
        run_stages(method, overrides, prepare, args.stage)
    else:
        prepare(cfg)
        train_alone(cfg, args.resume, overrides)


if __name__ == '__main__':
    run_tool(parse_args, train)
