"""What each detail of DAFormer is worth on MiniCity, and DACS, DAFormer and MIC beside their control.

Run after the quickstart has rendered and converted the data. Every run starts from one source model (seed 0), is tested
by its last iteration on the *test* split, and is kept in ``--work-dir``, so the command can be interrupted and run
again. As many runs at a time as there are cores.
"""

import argparse
import multiprocessing
import os
import statistics
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

from measured import measured_on, minicity_checksum
from minicity import NO_VALIDATION
from runner import test, train, write_json

from mmseg_uda.utils.command import run_tool

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'
DAFORMER = 'daformer/daformer_mini_gta2cs.py'


class Row(NamedTuple):
    """A line of a table.

    Attributes:
        label: What is run.
        text: Lines of a config that inherits from ``base``.
        base: Config below ``configs/``.
    """

    label: str
    text: str = ''
    base: str = DAFORMER


def variant(label: str, name: str, type_: str) -> Row:
    """DAFormer with one adaptation of detail_variants.py in the place of its own."""
    return Row(label, f"model = dict(adaptations=dict({name}=dict(type='{type_}')))")


METHODS = dict(
    source_only=Row('source only', base='source_only/source_only_mini_mit_gta2cs.py'),
    control=Row(
        'control: DAFormer, its loss on mixed images times 0',
        'model = dict(adaptations=dict(mix=dict(loss_weight=0.0)))',
    ),
    dacs=Row('DACS', base='dacs/dacs_mini_gta2cs.py'),
    daformer=Row('DAFormer'),
    mic=Row('MIC on DAFormer', base='mic/mic_mini_gta2cs.py'),
)
DETAILS = dict(
    eval_teacher=variant('teacher in eval mode, with the running statistics', 'teacher', 'EvalTeacher'),
    plain_target=variant('the network also runs on plain target images', 'mix', 'MixAndTarget'),
    over_labeled=Row(
        'losses divided by the labelled pixels, not by all',
        'model = dict(decode_head=dict(loss_decode=dict(avg_non_ignore=True)), '
        "adaptations=dict(mix=dict(type='MixOverLabeled')))",
    ),
    share_per_image=variant('q of each image, not of the batch', 'teacher', 'SharePerImage'),
    other_jitter=variant("torchvision's color jitter in place of kornia 0.5.8's", 'mix', 'MixOtherJitter'),
    no_rare_classes=Row(
        'no rare-class sampling',
        'train_dataloader = dict(dataset=dict(source=dict(_base_.mini_source, _delete_=True)))',
    ),
    no_warmup=Row('no warm-up', 'param_scheduler = dict(segmentor=[_base_.poly])'),
    restarted_teacher=variant(
        'teacher copied anew halfway (a resumed run of the released code)', 'teacher', 'RestartedTeacher'
    ),
)
ROWS = {**METHODS, **DETAILS}


PAGE = """# What each detail of DAFormer is worth

Written by `python tools/benchmarks/daformer_details.py --seeds {seeds} --out {path}`.

A port that leaves out or changes a detail still trains, and nobody sees which one it was: MMSegmentation's [issue
3834](https://github.com/open-mmlab/mmsegmentation/issues/3834) is about one whose results "varied particularly much".
Here each detail is changed alone, on MiniCity (128x256 pixels, low-light track), in 400 iterations from one source
model of a small Mix Transformer. That was not trained on ImageNet, so there is no distance to ImageNet's features.

mIoU in percent on the test split, last iteration. Differences are between runs of the same training seed ({seeds}),
then their mean and standard deviation. A difference within its spread says nothing; and nothing here says what a
detail is worth on real images, for a large network and in 40,000 iterations. The number of iterations was chosen on
val with seed 0.

## Methods

| | mIoU | over the control, each seed | mean |
|---|---:|---|---:|
{methods}

## Details

| DAFormer with this change | mIoU | over DAFormer, each seed | mean |
|---|---:|---|---:|
{details}

{note}

The changes are in `tools/benchmarks/detail_variants.py`. What else the released code does, and the switches, is on
the methods' pages: [DACS](../../configs/dacs/README.md), [DAFormer](../../configs/daformer/README.md),
[HRDA](../../configs/hrda/README.md), [MIC](../../configs/mic/README.md).
"""


def write_config(name: str, folder: Path) -> str:
    """Write the config of a row, and return its path."""
    row = ROWS[name]
    path = folder / f'{name}.py'
    imports = "custom_imports = dict(imports=[*_base_.custom_imports.imports, 'detail_variants'])\n"
    path.write_text(f"_base_ = '{CONFIGS / row.base}'\n{imports}{row.text}\n")
    return str(path)


def measure(folder: Path, run: tuple[str, int]) -> float:
    """Train and test a row with a seed; mIoU in percent on the test split."""
    name, seed = run
    if name == 'source_only':
        # The folder in which the others look for the stage they start from.
        config, options = str(CONFIGS / ROWS[name].base), []
        work_dir = folder / Path(config).stem
    else:
        config, options = write_config(name, folder), [f'randomness.seed={seed}', *NO_VALIDATION]
        work_dir = folder / f'{name}_seed{seed}'
    _, stages = train(config, str(work_dir), options)
    return test(config, stages[-1].finished, folder / 'test' / f'{name}_seed{seed}', [])['mIoU']


def measure_all(args: argparse.Namespace) -> dict[str, list[float]]:
    """All rows, seed by seed; the source model first, which the others start from."""
    folder = args.work_dir.resolve() / 'daformer_details'
    folder.mkdir(parents=True, exist_ok=True)
    os.environ['PYTHONPATH'] = os.pathsep.join(filter(None, (str(Path(__file__).parent), os.environ.get('PYTHONPATH'))))
    os.environ.setdefault('OMP_NUM_THREADS', '1')
    values = {'source_only': [measure(folder, ('source_only', 0))]}
    runs = [(name, seed) for seed in args.seeds for name in ROWS if name != 'source_only']
    context = multiprocessing.get_context('spawn')
    with ProcessPoolExecutor(args.workers, mp_context=context) as pool:
        for (name, _), value in zip(runs, pool.map(partial(measure, folder), runs), strict=True):
            values.setdefault(name, []).append(value)
    return values


def line(name: str, values: dict[str, list[float]], against: str) -> str:
    """A table row: the mean, each seed's difference to another row, their mean and standard deviation."""
    cells = [ROWS[name].label, f'{statistics.mean(values[name]):.1f}', '', '']
    if name != against:
        other = values[against]
        own = values[name] * (len(other) // len(values[name]))  # there is one source model
        differences = [v - o for v, o in zip(own, other, strict=True)]
        cells[2] = ' '.join(f'{d:+.1f}' for d in differences)
        cells[3] = f'{statistics.mean(differences):+.1f}'
        if len(differences) > 1:
            cells[3] += f' ± {statistics.stdev(differences):.1f}'
    return f'| {" | ".join(cells)} |'


def write_report(path: Path, values: dict[str, list[float]], seeds: list[int], note: str) -> None:
    """Both tables with what they were measured on."""
    page = PAGE.format(
        seeds=' '.join(map(str, seeds)),
        path=path,
        methods='\n'.join(line(name, values, 'control') for name in METHODS),
        details='\n'.join(line(name, values, 'daformer') for name in ('daformer', *DETAILS)),
        note=note,
    )
    path.write_text(page)


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--seeds', type=int, nargs='+', default=[0, 1, 2])
    parser.add_argument('--work-dir', type=Path, default=Path('work_dirs'), help='the source model is shared here')
    parser.add_argument('--workers', type=int, default=os.cpu_count(), help='runs at a time')
    parser.add_argument('--out', type=Path, help='also write the tables here, as Markdown')
    return parser.parse_args()


def benchmark(args: argparse.Namespace) -> None:
    """Train and test every row, and write the tables."""
    values = measure_all(args)
    note = f'{measured_on()}, MiniCity {minicity_checksum()}.'
    write_json(args.work_dir / 'daformer_details' / 'results.json', dict(seeds=args.seeds, mIoU=values, note=note))
    for name in ROWS:
        print(name, *(f'{value:.2f}' for value in values[name]), flush=True)
    if args.out:
        write_report(args.out, values, args.seeds, note)


if __name__ == '__main__':
    run_tool(parse_args, benchmark, stack=False)
