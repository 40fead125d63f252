#!/usr/bin/env bash
# Installs into .venv and runs the tests that take seconds. Arguments go to pytest: bash tools/run_tests.sh -k parity
set -euo pipefail

# shellcheck source=tools/setup_env.sh
source "$(dirname "${BASH_SOURCE[0]}")/setup_env.sh"
set_up tests

say 'Tests'
pytest -m 'not slow' "$@"
