"""The command line that the converters to train ids share."""

import argparse
from functools import partial

from mmseg_uda.utils.command import run_tool


def main(name: str, description: str) -> None:
    """Convert a data set and print a summary.

    Args:
        name: A key of :data:`mmseg_uda.datasets.conversion.LAYOUTS`.
        description: What ``--help`` says.
    """
    run_tool(partial(parse_args, description), partial(convert, name))


def parse_args(description: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument('root', help='folder the archives were unpacked in')
    parser.add_argument('--workers', type=int, help='processes (default: all CPUs)')
    parser.add_argument('--limit', type=int, help='convert the first N labels only')
    args = parser.parse_args()
    for option in ('workers', 'limit'):
        value = getattr(args, option)
        if value is not None and value < 1:
            parser.error(f'--{option} must be positive')
    return args


def convert(name: str, args: argparse.Namespace) -> None:
    from mmseg_uda.datasets import conversion

    conversion.print_summary(conversion.convert(name, args.root, args.workers, args.limit))
