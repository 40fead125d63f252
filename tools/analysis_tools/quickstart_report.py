"""Table and HTML report of the quickstart's runs, from the results.json of benchmarks/quickstart.py."""

import argparse
import json
import math
import platform
import subprocess
from html import escape
from importlib import metadata
from pathlib import Path

from mmseg_uda.errors import UserError
from mmseg_uda.utils.command import run_tool
from mmseg_uda.utils.cpus import available_cpus
from mmseg_uda.utils.files import written_aside

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1100px; margin: 2rem auto; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { padding: 2px 10px; text-align: right; border-bottom: 1px solid #ddd; }
th:first-child, td:first-child { text-align: left; }
tr.mean td { font-weight: bold; border-top: 2px solid #222; }
table.pictures td, table.pictures th { padding: 2px; text-align: center; border: 0; }
table.pictures img { width: 100%; display: block; }
.note { background: #f5f1e4; padding: .6rem 1rem; }
svg { max-width: 100%; height: auto; }
"""
LEGEND_WIDTH = 960
KINDS = dict(last='last', best='best', recomputed='recomputed')
LAST_NOTE = '"last" is the checkpoint of the last iteration, which a method gives without any target label.'
BEST_NOTE = (
    '"best" is the checkpoint with the highest mIoU on the target\'s validation labels: it was chosen with labels that '
    'unsupervised adaptation does not have, so compare methods by "last".'
)
RECOMPUTED_NOTE = (
    '"recomputed" is source-only, last iteration, with BatchNorm statistics recomputed on target images (AdaBN): no '
    'training and no loss.'
)
NO_NORM_NOTE = (
    'The net has no BatchNorm, so there is no column with statistics recomputed on target images: none can adapt, and '
    'what changes is what the losses did.'
)
CONTROL_NOTE = (
    'The control goes on training as the adapted run does, sees the same target images, and has no adaptation loss. '
    'What a method gains is its distance to the control, not to source-only.'
)
SEED_NOTE = (
    'Each run was made once, with one seed: this shows that the pipeline works and points in a direction. Another seed '
    'moves these numbers by points, so a small difference between two columns is not a result.'
)


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Print the table of finished quickstart runs and write the HTML report'
    )
    parser.add_argument('results', type=Path, help='results.json of benchmarks/quickstart.py')
    parser.add_argument('out', type=Path, help='HTML file to write; it needs no other file and no network')
    parser.add_argument('--images', type=int, default=5, help='test images to show (default 5)')
    return parser.parse_args()


def notes(runs: list[dict]) -> list[str]:
    """What one has to know to read the table."""
    recomputed = any(result['kind'] == 'recomputed' for run in runs for result in run['results'])
    return [LAST_NOTE, BEST_NOTE, RECOMPUTED_NOTE if recomputed else NO_NORM_NOTE, CONTROL_NOTE, SEED_NOTE]


def columns_of(runs: list[dict]) -> list[tuple[str, str, str, dict]]:
    """``(run, kind, iteration, metrics)`` of every tested checkpoint; of stages, '2: 300' is the second one's."""
    columns = []
    for run in runs:
        names = [stage['name'] for stage in run['stages']]
        for result in run['results']:
            stage = f'{names.index(result["stage"]["name"]) + 1}: ' if len(names) > 1 else ''
            columns.append((run['name'], KINDS[result['kind']], f'{stage}{result["iteration"]}', result['metrics']))
    return columns


def rows_of(columns: list[tuple[str, str, str, dict]]) -> list[tuple[str, list[float]]]:
    """``(class, IoU of each column)``, the mean last; a class without ground truth is NaN."""
    names = [name.removeprefix('IoU.') for name in columns[0][3] if name.startswith('IoU.')]
    rows = [(name, [metrics[f'IoU.{name}'] for *_, metrics in columns]) for name in names]
    return [*rows, ('mean', [metrics['mIoU'] for *_, metrics in columns])]


def shown(value: float) -> str:
    return '-' if math.isnan(value) else f'{value:.1f}'


def print_table(runs: list[dict]) -> None:
    """The table on the console."""
    from rich.console import Console
    from rich.table import Table

    columns = columns_of(runs)
    table = Table(title='IoU on the target test images, in percent')
    table.add_column('class\n\niteration', no_wrap=True)
    for run, kind, iteration, _ in columns:
        table.add_column(f'{run}\n{kind}\n{iteration}', justify='right')
    rows = rows_of(columns)
    for index, (name, values) in enumerate(rows):
        table.add_row(name, *map(shown, values), end_section=index == len(rows) - 2)
    console = Console()
    console.print(table)
    for note in notes(runs):
        console.print(f'- {note}', highlight=False)


def html_table(runs: list[dict]) -> str:
    """The same table in HTML."""
    columns = columns_of(runs)
    head = ''.join(
        f'<th>{escape(run)}<br>{escape(kind)}<br>iteration {escape(at)}</th>' for run, kind, at, _ in columns
    )
    body = ''.join(
        f'<tr{" class=mean" if name == "mean" else ""}><td>{escape(name)}</td>'
        + ''.join(f'<td>{shown(value)}</td>' for value in values)
        + '</tr>'
        for name, values in rows_of(columns)
    )
    return f'<table><tr><th>class</th>{head}</tr>{body}</table>'


def config_of(path: str, options: list[str]):
    """The config of a run with those options that it has a use for."""
    from mmseg_uda.engine.launch import merge_options, parse_options
    from mmseg_uda.utils.configs import load_config

    cfg = load_config(path)
    merge_options(cfg, parse_options(options))
    return cfg


def html_pictures(runs: list[dict], options: list[str], images: int) -> str:
    """Input, first run, last run, ground truth and the last run's attention, an image a row."""
    import numpy as np

    from mmseg_uda.visualization.captions import draw_legend
    from mmseg_uda.visualization.painting import colour_labels
    from mmseg_uda.visualization.pictures import data_uri, heat_map
    from mmseg_uda.visualization.predictions import predict_images

    compared = [runs[0], runs[-1]]
    predictions = []
    for run in compared:
        result = run['results'][0]
        cfg = config_of(result['stage']['config'], options)
        predictions.append(predict_images(cfg, result['path'], images))
    palette, classes = dataset_colours(cfg)
    maps = [prediction.attention for prediction in predictions[-1]]
    has_attention = all(attention is not None for attention in maps)
    titles = ['input', *(f'{run["name"]}, last iteration' for run in compared), 'ground truth']
    if has_attention:
        largest = float(max(attention.max() for attention in maps))
        mean = float(np.mean([attention.mean() for attention in maps]))
        titles.append(f"{runs[-1]['name']}'s attention")
    rows = []
    for group in zip(*predictions, strict=True):
        first, last = group[0], group[-1]
        pictures = [
            first.image,
            *(colour_labels(one.label, palette) for one in group),
            colour_labels(first.truth, palette),
        ]
        if has_attention:
            pictures.append(heat_map(last.attention, first.truth.shape, largest))
        cells = ''.join(
            f'<td><img alt="{escape(title)}" src="{data_uri(picture)}"></td>'
            for title, picture in zip(titles, pictures, strict=True)
        )
        rows.append(f'<tr>{cells}</tr>')
    head = ''.join(f'<th>{escape(title)}</th>' for title in titles)
    colours = data_uri(draw_legend(classes, palette, LEGEND_WIDTH))
    legend = f'<img alt="legend: {escape(", ".join(classes))}" src="{colours}">'
    caption = ''
    if has_attention:
        caption = (
            f"<p>Attention is |tanh D(f)| of the discriminator's score at each location: black is 0, brightest is "
            f'{largest:.3f}, the largest value in these images; their mean is {mean:.3f}.</p>'
        )
    return f'<table class="pictures"><tr>{head}</tr>{"".join(rows)}</table><p>{legend}</p>{caption}'


def dataset_colours(cfg) -> tuple[list, list]:
    """Palette and names of the test set's classes."""
    from mmseg.registry import DATASETS

    dataset = cfg.test_dataloader.dataset
    meta = {**DATASETS.get(dataset['type']).METAINFO, **dataset.get('metainfo', {})}
    return list(meta['palette']), list(meta['classes'])


def html_curves(runs: list[dict]) -> str:
    """Losses and validations of every run, its stages one after the other."""
    from mmseg_uda.engine.runs import read_scalars
    from mmseg_uda.visualization.charts import line_chart

    parts = []
    for run in runs:
        series: dict[str, list[tuple[int, float]]] = {}
        boundaries: dict[str, int] = {}
        validated = []
        offset = 0
        for stage in run['stages']:
            scalars = read_scalars(stage['work_dir'])
            if stage['name']:
                boundaries[stage['name']] = offset
            for name, points in scalars.losses.items():
                series.setdefault(name, []).extend((offset + step, value) for step, value in points)
            validated += [f'{stage["name"]} {step}: {value:.1f}'.strip() for step, value in scalars.validations]
            offset += int(Path(stage['finished']).stem.removeprefix('iter_'))
        parts.append(f'<div>{line_chart(series, run["name"], boundaries)}</div>')
        if validated:
            parts.append(f'<p>Validation mIoU by iteration: {escape("; ".join(validated))}</p>')
    return ''.join(parts)


def facts(runs: list[dict], options: list[str]) -> list[tuple[str, str]]:
    """What somebody needs to know to repeat the runs."""
    import torch
    from mmengine.runner.checkpoint import CheckpointLoader

    import mmseg_uda.engine  # noqa: F401, lets checkpoints load

    def version(*names: str) -> str:
        for name in names:
            try:
                return f'{name} {metadata.version(name)}'
            except metadata.PackageNotFoundError:
                continue
        return f'no {names[0]}'

    seeds = {}
    for run in runs:
        meta = CheckpointLoader.load_checkpoint(run['results'][0]['path'], map_location='cpu', logger='silent')['meta']
        seeds[run['name']] = meta.get('seed')
    stack = [
        version('onedl-mmengine', 'mmengine'),
        version('onedl-mmcv', 'mmcv'),
        version('onedl-mmsegmentation', 'mmsegmentation'),
        version('mmseg_uda'),
    ]
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else 'no GPU'
    times = [f'{run["name"]} {run["seconds"]} s' if run['seconds'] else f'{run["name"]} before' for run in runs]
    return [
        ('Seeds', ', '.join(f'{name} {seed}' for name, seed in seeds.items())),
        ('Trained in', ', '.join(times)),
        (
            'Machine',
            f'{platform.system()} {platform.machine()}, {available_cpus()} cores, {device}; '
            f'Python {platform.python_version()}',
        ),
        ('PyTorch', torch.__version__),
        ('Packages', ', '.join(stack)),
        ('Commit', commit()),
        ('MiniCity', minicity(config_of(runs[0]['config'], options))),
        ('Overrides', ' '.join(options) or 'none'),
    ]


def commit() -> str:
    """Commit of the checkout this file is in, and whether files differ from it."""
    root = Path(__file__).resolve().parents[2]
    try:
        head = subprocess.run(['git', 'rev-parse', 'HEAD'], cwd=root, capture_output=True, text=True, check=True)
        status = subprocess.run(
            ['git', 'status', '--porcelain', '--untracked-files=no'],
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return 'unknown (no git checkout)'
    return head.stdout.strip() + (', with local changes' if status.stdout.strip() else '')


def minicity(cfg) -> str:
    """Version, seed and checksum of the rendered data, from the manifest above the test set's root."""
    path = Path(cfg.test_dataloader.dataset.data_root).parent / 'manifest.json'
    if not path.is_file():
        return 'unknown (no manifest)'
    manifest = json.loads(path.read_text())
    return f'version {manifest["version"]}, seed {manifest["seed"]}, checksum {manifest["checksum"]}'


def html_report(content: dict, images: int) -> str:
    """The whole page."""
    runs, options = content['runs'], content['cfg_options']
    table = ''.join(
        f'<tr><td>{escape(name)}</td><td style="text-align:left">{escape(value)}</td></tr>'
        for name, value in facts(runs, options)
    )
    how_to_read = ''.join(f'<li>{escape(note)}</li>' for note in notes(runs))
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>mmseg_uda quickstart</title><style>{STYLE}</style></head><body>
<h1>mmseg_uda quickstart: {escape(', '.join(run['name'] for run in runs))}</h1>
<p class="note">{escape(SEED_NOTE)}</p>
<h2>IoU on the target test images, in percent</h2>
{html_table(runs)}
<ul>{how_to_read}</ul>
<h2>Target test images</h2>
{html_pictures(runs, options, images)}
<h2>Losses</h2>
{html_curves(runs)}
<h2>How it was made</h2>
<table>{table}</table>
</body></html>
"""


def write_report(args: argparse.Namespace) -> None:
    """Print the table and write the page."""
    if not args.results.is_file():
        raise UserError(f'{args.results} does not exist: tools/benchmarks/quickstart.py writes it')
    content = json.loads(args.results.read_text())
    print('Drawing the report', flush=True)
    page = html_report(content, args.images)
    with written_aside(args.out) as aside:
        aside.write_text(page)
    print_table(content['runs'])
    print(f'Report: {args.out}', flush=True)


if __name__ == '__main__':
    run_tool(parse_args, write_report)
