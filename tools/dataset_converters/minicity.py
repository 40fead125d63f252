"""Render MiniCity, the embedded benchmark, in the formats of GTA5, SYNTHIA and Cityscapes.

Example:
    python tools/dataset_converters/minicity.py --out data/minicity --layout gta synthia

Running it again with the same arguments changes nothing; see docs/minicity.md.
"""

import argparse
import re
from pathlib import Path

from mmseg_uda.utils.command import run_tool
from mmseg_uda.utils.cpus import available_cpus


def parse_size(text: str) -> tuple[int, int]:
    """'128x256' -> (128, 256)."""
    if not re.fullmatch(r'\d+x\d+', text):
        raise argparse.ArgumentTypeError(f'{text!r}: expected HEIGHTxWIDTH, for example 128x256')
    height, width = text.split('x')
    return int(height), int(width)


def png(text: str) -> Path:
    """The path of a PNG."""
    if not text.lower().endswith('.png'):
        raise argparse.ArgumentTypeError(f'{text!r}: expected a name that ends in .png')
    return Path(text)


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--out', type=Path, required=True, help='folder for the data sets')
    parser.add_argument('--size', type=parse_size, default=(128, 256), help='HEIGHTxWIDTH (default: 128x256)')
    parser.add_argument('--num-source', type=int, default=500, help='pictures of each layout')
    parser.add_argument('--num-train', type=int, default=300, help='pictures of each track')
    parser.add_argument('--num-val', type=int, default=200)
    parser.add_argument('--num-test', type=int, default=200)
    parser.add_argument('--layout', nargs='+', default=['gta'], help='source data sets: gta, synthia')
    parser.add_argument('--track', nargs='+', default=['lowlight'], help='target data sets: lowlight, day')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--workers', type=int, default=available_cpus(), help='processes')
    parser.add_argument('--contact-sheet', type=png, metavar='FILE.png', help='also write sample pictures here')
    return parser.parse_args()


def render(args: argparse.Namespace) -> None:
    """Render what is not there yet, and say what is."""
    from rich.console import Console

    from mmseg_uda.minicity.render import plan_city, render_city
    from mmseg_uda.minicity.report import absent_classes, class_table, contact_sheet, save_sheet

    console = Console()
    try:
        parts = plan_city(
            size=args.size,
            layouts=args.layout,
            tracks=args.track,
            num_source=args.num_source,
            num_train=args.num_train,
            num_val=args.num_val,
            num_test=args.num_test,
            seed=args.seed,
        )
        rendered = render_city(args.out, parts, args.workers)
    except KeyboardInterrupt:
        raise SystemExit('interrupted: the data set in work was removed, complete ones are kept') from None
    for part in parts:
        state = 'rendered' if part.folder in rendered else 'complete already, nothing to do'
        console.print(f'{args.out / part.folder}: {state}', soft_wrap=True, highlight=False)
    if rendered:
        console.print(class_table(args.out, parts))
    for part in parts:
        absent = absent_classes(args.out, part, 'val') if 'val' in part.counts else []
        if absent:
            console.print(
                f'{part.folder}: no picture of val holds {", ".join(absent)}; raise --num-val',
                soft_wrap=True,
                style='yellow',
            )
    if args.contact_sheet:
        save_sheet(contact_sheet(args.out, parts), args.contact_sheet)
        console.print(f'{args.contact_sheet}: sample pictures', soft_wrap=True, highlight=False)


if __name__ == '__main__':
    run_tool(parse_args, render, stack=False)
