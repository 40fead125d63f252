#!/usr/bin/env bash
# Time and memory of training on this machine's GPU, in under nine minutes and without internet: runs the tests that
# need CUDA, measures, and writes OUT/gpu.md; beside it are the tests' output and a log.
#     bash tools/benchmarks/gpu.sh OUT [--seconds N]    # on a GPU
#     bash tools/benchmarks/gpu.sh OUT --smoke          # tries it all at tiny sizes, on a CPU too
# PYTHON names the interpreter; the default is .venv's where there is one.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
python=${PYTHON:-$root/.venv/bin/python}
command -v "$python" >/dev/null || python=python3
export PYTHONPATH="$root${PYTHONPATH:+:$PYTHONPATH}"
exec "$python" "$root/tools/benchmarks/gpu.py" "$@"
