"""The command line that the converters of GTA5, SYNTHIA and Cityscapes share."""

import argparse
import sys


def main(name: str, description: str) -> int:
    """Parses the arguments, converts and prints a summary; returns the exit status."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument('root', help='folder the archives were unpacked in')
    parser.add_argument('--workers', type=int, help='processes (default: all CPUs)')
    parser.add_argument('--limit', type=int, help='convert the first N labels only')
    args = parser.parse_args()
    for option in ('workers', 'limit'):
        value = getattr(args, option)
        if value is not None and value < 1:
            parser.error(f'--{option} must be positive')

    # after parsing, so that --help does not wait for torch
    from mmseg_uda.datasets.conversion import ConversionError, convert, print_summary

    try:
        summary = convert(name, args.root, args.workers, args.limit)
    except ConversionError as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    print_summary(summary)
    return 0
