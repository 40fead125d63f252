#!/usr/bin/env bash
# Installs into .venv and runs the tests that take seconds. Arguments go to pytest: bash tools/run_tests.sh -k parity
set -euo pipefail

# shellcheck source=tools/setup_env.sh
source "$(dirname "${BASH_SOURCE[0]}")/setup_env.sh"
set_up tests

say 'Tests'
# A process a core, each with whole files, whose fixtures train, in the order of tests/conftest.py; torch's threads would
# only get in each other's way.
OMP_NUM_THREADS=${OMP_NUM_THREADS:-1} pytest -m 'not slow' -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder "$@"
