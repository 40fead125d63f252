"""Train, test and report the quickstart's runs; what is finished is kept, what is not is resumed."""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from collections import deque
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mmseg_uda.errors import UserError
from mmseg_uda.utils.command import run_tool
from mmseg_uda.utils.files import written_aside

if TYPE_CHECKING:
    from mmseg_uda.engine.runs import StageRun

START = time.monotonic()
TOOLS = Path(__file__).resolve().parents[1]


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


def mmseg_test_tool() -> str:
    """Path of the test tool that the installed MMSegmentation carries, found without importing it.

    Raises:
        UserError: It carries none.
    """
    spec = importlib.util.find_spec('mmseg')
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / '.mim' / 'tools' / 'test.py'
        if path.is_file():
            return str(path)
    raise UserError(
        'the installed MMSegmentation has no .mim/tools/test.py; install it from its wheel: '
        "pip install --force-reinstall --no-deps 'onedl-mmsegmentation>=1.4.2'"
    )


def train(run: Run, args: argparse.Namespace, options: list[str]) -> float:
    """Train a run unless it is finished; returns the seconds it took."""
    from mmseg_uda.engine.launch import parse_options
    from mmseg_uda.engine.runs import stage_runs

    work_dir = run.work_dir(args.work_dir)
    stages = stage_runs(run.config, work_dir, parse_options(options))
    if all(stage.finished for stage in stages):
        announce(f'{run.name}: trained before, kept (delete {work_dir} to train it again)')
        return 0.0
    command = [sys.executable, str(TOOLS / 'train.py'), run.config, '--work-dir', work_dir]
    if not stages[0].name and os.path.isfile(os.path.join(work_dir, 'last_checkpoint')):
        # --resume with a given load_from goes on from that file; here it is where the run once started from.
        command.append('--resume')
        options = [*options, 'load_from=None']
    announce(f'{run.name}: training ({run.config})')
    begin = time.monotonic()
    subprocess.run([*command, *(['--cfg-options', *options] if options else [])], check=True)
    return time.monotonic() - begin


def digest_of_test(config: str, checkpoint: str, options: list[str]) -> str:
    """Changes with whatever a test's result depends on: config, weights, MiniCity's checksum."""
    from mmengine.config import Config

    from mmseg_uda.engine.launch import parse_options

    cfg = Config.fromfile(config)
    cfg.merge_from_dict(parse_options(options))
    digest = hashlib.sha256(cfg.pretty_text.encode())
    digest.update(Path(checkpoint).read_bytes())
    manifest = Path(cfg.test_dataloader.dataset.data_root) / 'manifest.json'
    if manifest.is_file():
        digest.update(manifest.read_bytes())
    return digest.hexdigest()


def test(config: str, checkpoint: str, folder: Path, options: list[str]) -> dict[str, float]:
    """Metrics of a checkpoint from MMSeg's test tool, in percent; its output is in ``<folder>/test.log``.

    Raises:
        UserError: The tool failed; its last lines are shown.
    """
    result = folder / 'result.json'
    digest = digest_of_test(config, checkpoint, options)
    if result.is_file() and (before := json.loads(result.read_text()))['digest'] == digest:
        print(f'tested before: {result}', flush=True)
        return before['metrics']
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    command = [sys.executable, mmseg_test_tool(), config, checkpoint, '--work-dir', str(folder)]
    command += ['--cfg-options', *options, 'default_hooks.logger.interval=20']
    last_lines: deque[str] = deque(maxlen=30)
    with (
        open(folder / 'test.log', 'w') as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process,
    ):
        for line in process.stdout:
            log.write(line)
            last_lines.append(line)
            if 'Iter(test)' in line and 'mIoU' not in line:
                print(line, end='', flush=True)
    if process.returncode:
        raise UserError(f'{"".join(last_lines)}\nthe test of {checkpoint} failed; all of its output: {log.name}')
    (written,) = folder.glob('*/*.json')
    metrics = {
        name: value
        for name, value in json.loads(written.read_text()).items()
        if name in ('aAcc', 'mIoU', 'mAcc') or name.startswith('IoU.')
    }
    write_json(result, dict(digest=digest, config=config, checkpoint=checkpoint, metrics=metrics))
    print(f'mIoU {metrics["mIoU"]:.2f}', flush=True)
    return metrics


def write_json(path: Path, content: dict) -> None:
    with written_aside(path) as aside:
        aside.write_text(json.dumps(content, indent=1))


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
    from mmseg_uda.engine.launch import parse_options
    from mmseg_uda.engine.runs import stage_runs

    rows: list[dict] = []
    options = args.cfg_options
    for run in RUNS:
        seconds = train(run, args, options)
        stages = stage_runs(run.config, run.work_dir(args.work_dir), parse_options(options))
        results = test_run(run, stages, args)
        if run is SOURCE_ONLY:
            recomputed = recomputed_result(results[0], args)
            results += [recomputed] if recomputed else []
            options = [*options, f'load_from={results[0]["path"]}']
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
