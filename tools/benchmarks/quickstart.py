"""Train, test and report the quickstart's runs; what is finished is kept, what is not is resumed."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runner import TOOLS, test, train, write_json

from mmseg_uda.errors import UserError
from mmseg_uda.utils.command import run_tool

if TYPE_CHECKING:
    from mmseg_uda.engine.runs import StageRun

START = time.monotonic()


@dataclass(frozen=True)
class Run:
    """A row of the comparison; all but the first start from the first one's last checkpoint."""

    name: str
    config: str

    def work_dir(self, root: str) -> str:
        return os.path.join(root, Path(self.config).stem)


SOURCE_ONLY = Run('source only', 'configs/source_only/source_only_mini_gta2cs.py')
CONTROL = Run('control', 'configs/source_only/control_mini_gta2cs.py')
RUNS = (SOURCE_ONLY, CONTROL, Run('DAST', 'configs/dast/dast_mini_gta2cs.py'))


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Train source-only, the control without adaptation losses and DAST on MiniCity, test each with '
        "MMSeg's own test tool, and report them with quickstart_report.py. Run in the folder that holds configs/."
    )
    parser.add_argument(
        '--work-dir',
        default='work_dirs',
        help='each run gets a folder here, results and report go to quickstart/ in it (default: work_dirs)',
    )
    parser.add_argument(
        '--cfg-options', nargs='+', default=[], metavar='KEY=VALUE', help='override settings of every run'
    )
    return parser.parse_args()


def results_dir(args: argparse.Namespace) -> Path:
    """Where tests, results and the report go."""
    return Path(args.work_dir) / 'quickstart'


def announce(title: str) -> None:
    """A heading with the time since the start."""
    minutes, seconds = divmod(int(time.monotonic() - START), 60)
    print(f'\n=== [{minutes}:{seconds:02d}] {title}', flush=True)


def has_norm_statistics(checkpoint: str) -> bool:
    """Whether a checkpoint holds BatchNorm statistics."""
    from mmengine.runner.checkpoint import CheckpointLoader

    state = CheckpointLoader.load_checkpoint(checkpoint, map_location='cpu', logger='silent')['state_dict']
    return any(key.endswith('running_mean') for key in state)


def test_run(run: Run, stages: list[StageRun], args: argparse.Namespace) -> list[dict]:
    """Test a run's last and best checkpoints."""
    from mmseg_uda.engine.runs import best_selected, last_selected

    results = []
    for kind, selected in (('last', last_selected(stages)), ('best', best_selected(stages))):
        if selected is None:
            print(f'{run.name}: no validated checkpoint was kept, so there is no best one', flush=True)
            continue
        announce(f'{run.name}: testing its {kind} checkpoint, {selected.path}')
        stem = '_'.join(filter(None, [Path(run.config).stem, selected.stage.name, f'iter_{selected.iteration}']))
        metrics = test(selected.stage.config, selected.path, results_dir(args) / 'tests' / stem, args.cfg_options)
        results.append(dict(kind=kind, **asdict(selected), metrics=metrics))
    return results


def recomputed_result(source: dict, args: argparse.Namespace) -> dict | None:
    """Source-only with BatchNorm statistics of the target images; None for a net without BatchNorm."""
    config, checkpoint = source['stage']['config'], source['path']
    if not has_norm_statistics(checkpoint):
        print(
            '\nNo row "statistics recomputed on target images": the net has no BatchNorm, so no statistics can adapt.',
            flush=True,
        )
        return None
    announce('source only: BatchNorm statistics recomputed on target images')
    out = results_dir(args) / 'source_only_recomputed.pth'
    tool = TOOLS / 'analysis_tools' / 'recompute_norm_statistics.py'
    command = [sys.executable, str(tool), config, checkpoint, str(out), '--target-config', CONTROL.config]
    if args.cfg_options:
        command += ['--cfg-options', *args.cfg_options]
    subprocess.run(command, check=True)
    metrics = test(config, str(out), results_dir(args) / 'tests' / 'source_only_recomputed', args.cfg_options)
    return dict(source, kind='recomputed', path=str(out), metrics=metrics)


def compare(args: argparse.Namespace) -> None:
    """Run everything and write the report."""
    announce(f'{len(RUNS)} runs: {", ".join(run.name for run in RUNS)}')
    results = results_dir(args) / 'results.json'
    try:
        write_json(results, dict(runs=run_all(args), cfg_options=args.cfg_options))
        announce('Report')
        tool = TOOLS / 'analysis_tools' / 'quickstart_report.py'
        subprocess.run([sys.executable, str(tool), str(results), str(results.with_name('report.html'))], check=True)
    except subprocess.CalledProcessError as error:
        command = ' '.join(map(str, error.cmd))
        raise UserError(f'failed: {command}\nRun the quickstart again to go on from here.') from error
    except KeyboardInterrupt:
        raise SystemExit('interrupted: run the quickstart again to go on from here') from None


def run_all(args: argparse.Namespace) -> list[dict]:
    """Train and test one run after the other; the rows of results.json."""
    rows: list[dict] = []
    options = args.cfg_options
    for run in RUNS:
        announce(f'{run.name}: training ({run.config})')
        seconds, stages = train(run.config, run.work_dir(args.work_dir), options)
        results = test_run(run, stages, args)
        if run is SOURCE_ONLY:
            recomputed = recomputed_result(results[0], args)
            results += [recomputed] if recomputed else []
            # The others start from it, whatever options it was trained with.
            options = [*options, 'stages.source=None', f'load_from={results[0]["path"]}']
        rows.append(
            dict(
                name=run.name,
                config=run.config,
                seconds=round(seconds),
                stages=[asdict(stage) for stage in stages],
                results=results,
            )
        )
    return rows


if __name__ == '__main__':
    run_tool(parse_args, compare)
