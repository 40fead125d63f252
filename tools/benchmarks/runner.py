"""Train and test mini runs for a comparison; what is finished is kept, what is not is resumed."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from mmseg_uda.errors import UserError
from mmseg_uda.utils.files import written_aside

if TYPE_CHECKING:
    from mmseg_uda.engine.runs import StageRun

TOOLS = Path(__file__).resolve().parents[1]


def train(config: str, work_dir: str, options: list[str]) -> tuple[float, list[StageRun]]:
    """Train a config unless it is finished.

    Args:
        config: Path of the config.
        work_dir: Its work dir.
        options: Words of ``--cfg-options``.

    Returns:
        The seconds it took, 0 if it was finished before, and its stages.
    """
    from mmseg_uda.engine.launch import parse_options
    from mmseg_uda.engine.runs import stage_runs

    overrides = parse_options(options)
    stages = stage_runs(config, work_dir, overrides)
    if all(stage.finished for stage in stages):
        print(f'trained before, kept (delete {work_dir} to train it again)', flush=True)
        return 0.0, stages
    command = [sys.executable, str(TOOLS / 'train.py'), config, '--work-dir', work_dir]
    if not stages[0].name and os.path.isfile(os.path.join(work_dir, 'last_checkpoint')):
        # --resume with a given load_from goes on from that file; here it is where the run once started from.
        command.append('--resume')
        options = [*options, 'load_from=None']
    begin = time.monotonic()
    subprocess.run([*command, *(['--cfg-options', *options] if options else [])], check=True)
    return time.monotonic() - begin, stage_runs(config, work_dir, overrides)


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


def write_json(path: Path, content: dict) -> None:
    """Write a file complete or not at all."""
    with written_aside(path) as aside:
        aside.write_text(json.dumps(content, indent=1))
