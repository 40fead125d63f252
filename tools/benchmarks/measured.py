"""What every benchmark's page says about a measurement, and how one is made in a process of its own."""

import datetime
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any


def commit() -> str:
    """Of this checkout, or 'unknown'."""
    git = ['git', 'rev-parse', '--short', 'HEAD']
    return subprocess.run(git, capture_output=True, text=True, cwd=Path(__file__).parent).stdout.strip() or 'unknown'


def processor() -> str:
    """Name of the processor, or its kind."""
    info = Path('/proc/cpuinfo')
    lines = info.read_text().splitlines() if info.is_file() else []
    names = [line.split(':', 1)[1].strip() for line in lines if line.startswith('model name')]
    return names[0] if names else platform.machine()


def measured_on() -> str:
    """Machine, cores, torch, date and commit."""
    import torch

    from mmseg_uda.utils.cpus import available_cpus

    machine = f'{processor()}, {available_cpus()} cores, torch {torch.__version__}'
    return f'{machine}, {datetime.date.today()}, commit {commit()}'


def minicity_checksum() -> str:
    """Of the rendered set in ``data/minicity``, the first digits."""
    return json.loads(Path('data/minicity/manifest.json').read_text()).get('checksum', '')[:12]


def in_own_process(script: str, *words: object, **env: str) -> Any:
    """Run a benchmark's script, and return what it prints last, as JSON; memory is that process's alone."""
    command = [sys.executable, script, *map(str, words)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env={**os.environ, **env})
    return json.loads(done.stdout.splitlines()[-1])
