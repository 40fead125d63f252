"""Count the pixels of each class in the labels of a data set, for rare-class sampling."""

import argparse
from pathlib import Path

from mmseg_uda.errors import UserError
from mmseg_uda.utils.command import run_tool


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Count the pixels of each class in the labels of a data set. The converters of GTA5, SYNTHIA and '
        'Cityscapes have counted theirs already.'
    )
    parser.add_argument('config', help='config that names the data set')
    parser.add_argument(
        '--key',
        default='train_dataloader.dataset.source',
        help='where in the config (default: %(default)s)',
    )
    parser.add_argument('--out', type=Path, help='file to write (default: where the data set looks for it)')
    parser.add_argument('--workers', type=int, help='processes (default: the CPUs there are)')
    parser.add_argument('--cfg-options', nargs='+', metavar='KEY=VALUE', help='override settings of the config')
    return parser.parse_args()


def count(args: argparse.Namespace) -> None:
    """Build the data set, count, write, and print the shares."""
    from mmengine.registry import init_default_scope
    from mmseg.registry import DATASETS
    from rich.console import Console
    from rich.progress import track
    from rich.table import Table

    from mmseg_uda.datasets.class_statistics import SAMPLE_STATS, write_class_statistics
    from mmseg_uda.engine.launch import parse_options
    from mmseg_uda.utils.configs import load_config
    from mmseg_uda.utils.cpus import available_cpus

    cfg = load_config(args.config)
    cfg.merge_from_dict(parse_options(args.cfg_options))
    init_default_scope(cfg.get('default_scope', 'mmseg'))
    dataset_cfg, statistics = cfg, None
    for word in args.key.split('.'):
        dataset_cfg = dataset_cfg.get(word) or {}
    if dataset_cfg.get('type') == 'RareClassDataset':
        dataset_cfg, statistics = dataset_cfg.dataset, dataset_cfg.get('statistics')
    if 'type' not in dataset_cfg:
        raise UserError(f'{args.config}: {args.key} is no data set; name another with --key')
    dataset = DATASETS.build(dataset_cfg)
    path = Path(args.out or statistics or Path(dataset.data_root or '') / SAMPLE_STATS)
    console = Console()
    totals = write_class_statistics(
        dataset,
        path,
        args.workers or available_cpus(),
        lambda items, total: track(items, 'labels', total=total, console=console),
    )
    table = Table('id', 'class', 'pixels', title=f'{len(dataset)} labels')
    for c, n in enumerate(totals):
        names = dataset.METAINFO.get('classes') or dataset.metainfo['classes']
        table.add_row(str(c), names[c] if c < len(names) else '', f'{100 * n / max(totals.sum(), 1):.3f} %')
    console.print(table)
    console.print(f'wrote {path}', soft_wrap=True)


if __name__ == '__main__':
    run_tool(parse_args, count)
