"""Test (and evaluate) a model: MMSeg's arguments, on GPUs or on a CPU."""

import argparse
import os.path as osp

from mmseg_uda.utils.command import add_launcher, run_tool


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
    parser.add_argument('--tta', action='store_true', help='test time augmentation')
    add_launcher(parser)
    return parser.parse_args()


def test(args: argparse.Namespace) -> None:
    """Run the test loop."""
    from mmseg_uda.engine.launch import build_test_runner, read_config
    from mmseg_uda.engine.tta import enable_tta

    cfg = read_config(args.config, args.cfg_options)
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
        enable_tta(cfg)
    if args.out is not None:
        cfg.test_evaluator.update(output_dir=args.out, keep_results=True)
    runner = build_test_runner(cfg)
    if args.out is not None:
        keep_apart(runner.test_loop)
    runner.test()


def keep_apart(loop) -> None:
    """Images of one name in two folders are saved in two folders."""
    images = loop.dataloader.dataset
    paths = [images.get_data_info(i)['img_path'] for i in range(len(images))]
    for metric in loop.evaluator.metrics:
        if hasattr(metric, 'keep_apart'):
            metric.keep_apart(paths)


if __name__ == '__main__':
    run_tool(parse_args, test)
