"""Show what the training pipeline gives: both domains side by side, with labels and pseudo labels."""

import argparse
from pathlib import Path

from mmseg_uda.errors import UserError
from mmseg_uda.utils.command import run_tool

DESCRIPTION = (
    'Write pictures of training pairs, as the first steps of a run get them: the file, the input of the network, its '
    'labels or pseudo labels and their confidence, of both domains, with a legend of the classes.'
)


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=DESCRIPTION)
    parser.add_argument('config', help='train config file path')
    parser.add_argument('--output-dir', type=Path, help='folder of the pictures (default: browse/ in the work dir)')
    parser.add_argument('--number', type=int, default=10, help='of pairs (default 10)')
    parser.add_argument('--stage', metavar='NAME', help='of a config with stages (default: its last one)')
    parser.add_argument(
        '--work-dir', type=Path, help="of the config's run, whose pseudo labels are shown if it has some"
    )
    parser.add_argument('--not-show', action='store_true', help='open no window, where there is a display')
    parser.add_argument('--show-interval', type=float, default=2, help='the interval of show (s)')
    parser.add_argument('--cfg-options', nargs='+', metavar='KEY=VALUE', help='override settings of the config')
    args = parser.parse_args()
    if args.number < 1:
        parser.error('--number must be positive')
    return args


def config_of(args: argparse.Namespace):
    """The config, or that of the stage."""
    from mmseg_uda.engine.fragments import check_fragments
    from mmseg_uda.engine.launch import parse_options
    from mmseg_uda.engine.stages import config_of_run
    from mmseg_uda.utils.configs import load_config

    overrides = parse_options(args.cfg_options)
    method = load_config(args.config)
    check_fragments(method, overrides)
    method.launcher = 'none'
    method.work_dir = str(args.work_dir or method.get('work_dir') or f'work_dirs/{args.config.stem}')
    return config_of_run(method, overrides, args.stage)


def training_pairs(cfg):
    """The data loader of the run, a pair at a time, with the pseudo labels that the run made."""
    from mmengine.runner import Runner

    from mmseg_uda.datasets import DomainPairDataset
    from mmseg_uda.pseudo_labels.rounds import current_round

    loader_cfg = dict(cfg.train_dataloader, batch_size=1)
    loader = Runner.build_dataloader(loader_cfg, seed=cfg.get('randomness', {}).get('seed') or 0)
    if not isinstance(loader.dataset, DomainPairDataset):
        raise UserError(
            f'train_dataloader.dataset is a {type(loader.dataset).__name__}, expected a DomainPairDataset: for a set '
            "of one domain use MMSegmentation's own tools/analysis_tools/browse_dataset.py"
        )
    made = current_round(cfg.work_dir)
    for domain in (loader.dataset.source, loader.dataset.target):
        if made and getattr(domain, 'pseudo_labels', made) is None:
            print(f'Pseudo labels: {made}')
            domain.set_pseudo_labels(str(made))
    return loader


def show(picture, seconds: float) -> None:
    """Show a picture (RGB) for a while, where Matplotlib finds a display."""
    from matplotlib import pyplot

    if pyplot.get_backend().lower() == 'agg':
        return
    pyplot.imshow(picture)
    pyplot.axis('off')
    pyplot.pause(seconds)


def browse(args: argparse.Namespace) -> None:
    """Load, draw and write."""
    from itertools import islice

    from mmengine.registry import init_default_scope
    from mmseg.registry import MODELS

    from mmseg_uda.utils.image_files import write_png
    from mmseg_uda.utils.progress import progress_bar
    from mmseg_uda.visualization.training_pairs import pair_picture

    cfg = config_of(args)
    init_default_scope(cfg.get('default_scope', 'mmseg'))
    loader = training_pairs(cfg)
    preprocessor = MODELS.build(cfg.model.data_preprocessor)
    out = args.output_dir or Path(cfg.work_dir) / 'browse'
    with progress_bar() as progress:
        task = progress.add_task('Drawing', total=args.number)
        for number, batch in enumerate(islice(loader, args.number)):
            batch = preprocessor(batch, training=True)
            picture = pair_picture(batch, cfg.model.data_preprocessor, loader.dataset.metainfo)
            write_png(out / f'{number:03d}.png', picture[..., ::-1])
            if not args.not_show:
                show(picture, args.show_interval)
            progress.advance(task)
    print(f'{args.number} pairs: {out}')


if __name__ == '__main__':
    run_tool(parse_args, browse)
