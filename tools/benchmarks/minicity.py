"""Every method's mini config on MiniCity, several training seeds, as one table.

Run after the quickstart has rendered and converted the data. Each row starts from the one converged source model (seed
0) and is tested on the *test* split by its last iteration with MMSeg's own tool; settings were chosen on *val*. What is
trained already is kept.
"""

import argparse
import statistics
from pathlib import Path

from measured import measured_on, minicity_checksum
from runner import test, train

from mmseg_uda.utils.command import run_tool

SOURCE = ('source only', 'configs/source_only/source_only_mini_gta2cs.py')
METHODS = (
    ('control (no adaptation loss)', 'configs/source_only/control_mini_gta2cs.py'),
    ('AdaptSegNet', 'configs/adaptseg/adaptseg_mini_gta2cs.py'),
    ('ADVENT, AdvEnt', 'configs/advent/advent_mini_gta2cs.py'),
    ('ADVENT, MinEnt', 'configs/advent/minent_mini_gta2cs.py'),
    ('maximum squares', 'configs/maxsquare/maxsquare_mini_gta2cs.py'),
    ('DAST', 'configs/dast/dast_mini_gta2cs.py'),
    ('PLCA', 'configs/plca/plca_mini_gta2cs.py'),
    ('MaxCos', 'configs/maxcos/maxcos_mini_gta2cs.py'),
    ('SAM', 'configs/sam/sam_mini_gta2cs.py'),
    ('PixIntraDA', 'configs/pixintrada/pixintrada_mini_gta2cs.py'),
)
NO_VALIDATION = ('val_dataloader=None', 'val_cfg=None', 'val_evaluator=None')


def last_checkpoint(config: str, work_dir: Path, options: list[str]) -> str:
    """The last one of a run, which is trained unless it is there."""
    _, stages = train(config, str(work_dir), options)
    return stages[-1].finished


def miou(config: str, checkpoint: str, folder: Path) -> float:
    """In percent on the test split."""
    return test(config, checkpoint, folder, [])['mIoU']


def row(name: str, values: list[float], control: list[float] | None) -> str:
    """A table row: mean and range over seeds, and the mean difference to the control's run of the same seed."""
    spread = f'{min(values):.1f} to {max(values):.1f}' if len(values) > 1 else 'one run'
    over = '' if control is None else f'{statistics.mean(v - c for v, c in zip(values, control, strict=True)):+.1f}'
    return f'| {name} | {statistics.mean(values):.1f} | {spread} | {over} |'


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--seeds', type=int, nargs='+', default=[0, 1])
    parser.add_argument('--work-dir', type=Path, default=Path('work_dirs'), help='the source model is shared here')
    parser.add_argument('--out', type=Path, help='also write the table here, as Markdown')
    return parser.parse_args()


def benchmark(args: argparse.Namespace) -> None:
    """Train and test every row, and print the table."""
    name, config = SOURCE
    tests = args.work_dir / 'benchmark_minicity'
    source = last_checkpoint(config, args.work_dir / Path(config).stem, [])
    rows = [row(name, [miou(config, source, tests / Path(config).stem)], None)]
    print(rows[-1], flush=True)
    control: list[float] | None = None
    for name, config in METHODS:
        values = []
        for seed in args.seeds:
            folder = f'{Path(config).stem}_seed{seed}'
            checkpoint = last_checkpoint(config, args.work_dir / folder, [f'randomness.seed={seed}', *NO_VALIDATION])
            values.append(miou(config, checkpoint, tests / folder))
        rows.append(row(name, values, control))
        control = control or values
        print(rows[-1], flush=True)
    if args.out:
        write_report(args.out, rows, args.seeds)


def write_report(path: Path, rows: list[str], seeds: list[int]) -> None:
    """The table with what it was measured on."""
    names = ' '.join(map(str, seeds))
    path.write_text(
        '# The mini configs on MiniCity\n\n'
        f'Written by `python tools/benchmarks/minicity.py --seeds {names} --out {path}`.\n\n'
        'mIoU in percent of the last iteration on the test split of MiniCity, low-light track; training seeds '
        f'{names}, one source model (seed 0) and one rendered set. Settings were chosen on the val split with seed 0. '
        'Two seeds on one rendered set show a direction, not a result; nothing here says how methods compare on real '
        'images.\n\n'
        '| method | mIoU | over seeds | mean over control |\n|---|---:|---|---:|\n' + '\n'.join(rows) + '\n\n'
        f'{measured_on()}, MiniCity {minicity_checksum()}.\n'
    )


if __name__ == '__main__':
    run_tool(parse_args, benchmark, stack=False)
