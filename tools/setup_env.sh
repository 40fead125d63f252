# Sourced by quickstart.sh, run_tests.sh and .ci/run: makes .venv in the repository and installs into it.
#
#   set_up [tests]    afterwards the commands of .venv come first in PATH; with "tests", what the tests need is there too
#
# PYTHON          the interpreter to make .venv with, where it should not be the first suitable one in PATH
# TORCH_PIP_ARGS  what to give to pip for PyTorch, e.g. "torch==2.13.0 --index-url <index of another build>"; by
#                 default the version in requirements/constraints.txt, from wherever pip is configured to look

REPOSITORY=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
VENV=$REPOSITORY/.venv

say() { printf '\n=== %s\n' "$*"; }

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

is_recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; }

find_python() {
    local candidate
    for candidate in ${PYTHON:-python3 python python3.13 python3.12 python3.11 python3.10}; do
        if is_recent "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    fail "Python 3.10 or newer is needed; ${PYTHON:-python3} is $("${PYTHON:-python3}" --version 2>&1 || true)." \
        "Install one, or name it: PYTHON=/path/to/python3.12 bash ${0##*/}"
}

make_venv() {
    local python
    if is_recent "$VENV/bin/python"; then
        return
    fi
    if [ -e "$VENV" ]; then
        fail "$VENV is not a virtual environment of Python 3.10 or newer: remove it and run this again"
    fi
    python=$(find_python)
    "$python" -c 'import venv, ensurepip' 2>/dev/null ||
        fail "$python lacks the modules venv and ensurepip: install them (Debian, Ubuntu: apt install python3-venv)"
    say "Making .venv with $("$python" --version)"
    # Aside and renamed would break its scripts' paths, so a half-made one is removed instead.
    "$python" -m venv "$VENV" || { rm -rf "$VENV"; fail "$python -m venv $VENV failed"; }
}

# The installed package is this repository's and its versions pass the package's own check.
is_installed() {
    (cd / && REPOSITORY=$REPOSITORY "$VENV/bin/python" -I -c '
import os, pathlib, sys
import mmseg_uda
sys.exit(pathlib.Path(mmseg_uda.__file__).parents[1] != pathlib.Path(os.environ["REPOSITORY"]).resolve())
' 2>/dev/null)
}

# install NAME PIP_ARGUMENTS: once, and again when setup.py or the requirements have changed.
install() {
    local marker=$VENV/.installed_$1 state
    state=$(cat setup.py requirements/*.txt | cksum)
    if [ "$(cat "$marker" 2>/dev/null)" != "$state" ]; then
        say "pip install ${*:2}"
        "$VENV/bin/python" -m pip install "${@:2}"
        printf '%s\n' "$state" >"$marker"
    fi
}

set_up() {
    cd "$REPOSITORY"
    make_venv
    local constraints=requirements/constraints.txt torch
    torch=$(grep '^torch==' "$constraints")
    is_installed || rm -f "$VENV"/.installed_*
    # PyTorch first, so that its build is chosen here and not by a dependency.
    # shellcheck disable=SC2086  # several arguments
    install torch ${TORCH_PIP_ARGS:-$torch}
    install package -c "$constraints" -e .
    if [ "${1:-}" = tests ]; then
        install tests -c "$constraints" -r requirements/tests.txt -r requirements/onnx.txt
    fi
    if ! is_installed; then
        "$VENV/bin/python" -I -c 'import mmseg_uda' || true
        fail "the installation in $VENV does not work: remove that folder and run this again"
    fi
    export PATH="$VENV/bin:$PATH"
}
