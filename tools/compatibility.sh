#!/usr/bin/env bash
# Run the tests on other stacks, Pythons and versions of PyTorch, and write docs/benchmarks/compatibility.md.
#
#   bash tools/compatibility.sh WORK                                  every row, the tests of run_tests.sh
#   bash tools/compatibility.sh WORK "upstream python3.12" [tests]    these rows, with arguments for pytest
#
# A row gets an environment in WORK/ROW, which is made once and used again; several GB each where PyTorch brings CUDA.
# Every row that has a result in WORK is in the page, so rows may be run one at a time. python3.10 to python3.13 are
# looked for in PATH; a row without its Python says so. Upstream's mmcv is compiled once, into WORK/wheels, about 10
# minutes on 2 cores; PIP_FIND_LINKS may name a folder that holds its wheel. KEEP=0 removes an environment after its row.
set -euo pipefail

# shellcheck source=tools/setup_env.sh
source "$(dirname "${BASH_SOURCE[0]}")/setup_env.sh"
PAGE=$REPOSITORY/docs/benchmarks/compatibility.md

# row: Python, torch, stack
declare -A ROWS=(
    [default]='3.11 2.13.0 onedl'
    [upstream]='3.11 2.13.0 upstream'
    [python3.10]='3.10 2.13.0 onedl'
    [python3.12]='3.12 2.13.0 onedl'
    [python3.13]='3.13 2.13.0 onedl'
    [torch2.6]='3.11 2.6.0 onedl'
)
ORDER=(default upstream python3.10 python3.12 python3.13 torch2.6)

# install_row TORCH STACK: the default row gets the exact versions that everyone tests with. Joined by &&, since bash
# does not stop at a failed command where a function is a condition.
install_row() {
    local pip=("$FOLDER/venv/bin/python" -m pip) pins=()
    "${pip[@]}" install --upgrade pip && "${pip[@]}" install "torch==$1" || return
    if [ "$2" = upstream ]; then
        # mmcv's setup.py needs torch and setuptools' old pkg_resources, which pip's own build environments lack.
        "${pip[@]}" install 'setuptools<81' wheel psutil &&
            MMCV_WITH_OPS=1 "${pip[@]}" wheel --no-deps --no-build-isolation --find-links "$WORK/wheels" \
                --wheel-dir "$WORK/wheels" "$(grep '^mmcv==' requirements/upstream.txt)" &&
            MMSEG_UDA_STACK=upstream "${pip[@]}" install --find-links "$WORK/wheels" "torch==$1" -e '.[upstream,tests]'
    else
        [ "$ROW" != default ] || pins=(-c requirements/constraints.txt)
        "${pip[@]}" install "${pins[@]}" "torch==$1" -e '.[tests]'
    fi
}

# make_row PYTHON TORCH STACK: once, and again for another checkout or other requirements.
make_row() {
    local state
    state=$REPOSITORY$(cat setup.py requirements/*.txt | cksum)
    [ "$(cat "$FOLDER/installed" 2>/dev/null)" != "$state" ] || return 0
    rm -f "$FOLDER/installed"
    [ -x "$FOLDER/venv/bin/python" ] || "$1" -m venv "$FOLDER/venv" &&
        install_row "$2" "$3" && echo "$state" >"$FOLDER/installed"
}

# count WORD: how many tests passed, failed, ... by the last line of pytest.
count() { tail -n 1 "$FOLDER/tests.log" | grep -oE "[0-9]+ $1" | cut -d' ' -f1 || echo 0; }

versions() {
    "$FOLDER/venv/bin/python" - <<'PYTHON'
from importlib import metadata
from platform import python_version

def version(*names):
    return next(f'{name} {d.version}' for name in names for d in metadata.distributions(name=name))

print(python_version(), metadata.version('torch'), metadata.version('numpy'), version('onedl-mmengine', 'mmengine'),
      version('onedl-mmcv', 'mmcv'), version('onedl-mmsegmentation', 'mmsegmentation'), sep=' | ')
PYTHON
}

# run_row PYTHON TORCH STACK [arguments of pytest]: leaves one line of the table in WORK/ROW/row.md
run_row() {
    local python=python$1 torch=$2 stack=$3 began=$SECONDS code=0 failed result
    shift 3
    mkdir -p "$FOLDER"
    rm -f "$FOLDER/row.md"
    if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
        result="no $python here | $torch |  | $stack |  |  |  |  |  |"
    elif ! make_row "$python" "$torch" "$stack" >"$FOLDER/install.log" 2>&1; then
        tail -n 5 "$FOLDER/install.log"
        result="${python#python} | $torch |  | $stack: not installed, see install.log |  |  |  |  |  |"
    else
        env PATH="$FOLDER/venv/bin:$PATH" OMP_NUM_THREADS=1 "$FOLDER/venv/bin/python" -m pytest -p no:cacheprovider \
            -m 'not slow' -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder \
            -q -rfE --tb=short "$@" >"$FOLDER/tests.log" 2>&1 ||
            code=$?
        tail -n 15 "$FOLDER/tests.log"
        failed=$(($(count failed) + $(count error)))
        [ "$code" -le 1 ] || failed="pytest ended with $code"
        result="$(versions) | $(count passed) | $failed | $(count skipped) | $(((SECONDS - began) / 60))"
    fi
    echo "| $ROW | $result | $(date +%F) | $COMMIT | ${*:-all} |" >"$FOLDER/row.md"
    cat "$FOLDER/row.md"
}

write_page() {
    cat <<'PAGE'
# Compatibility

Written by `bash tools/compatibility.sh WORK`, which makes an environment a row and runs the tests of `tools/run_tests.sh` in it
(those not marked `slow`). Not part of CI. The default row has the versions of `requirements/constraints.txt`; the others have
what pip chooses for them. Minutes include the installation where it was made.

| row | Python | torch | NumPy | MMEngine | MMCV | MMSegmentation | passed | failed | skipped | minutes | date | commit | tests |
|---|---|---|---|---|---|---|---:|---:|---:|---:|---|---|---|
PAGE
    local row
    for row in "${ORDER[@]}"; do
        cat "$WORK/$row/row.md" 2>/dev/null || true
    done
    for row in "${ORDER[@]}"; do
        if grep -qE '^(FAILED|ERROR) ' "$WORK/$row/tests.log" 2>/dev/null; then
            printf '\nFailed in `%s`:\n\n' "$row"
            grep -E '^(FAILED|ERROR) ' "$WORK/$row/tests.log" | sed -E 's/^[A-Z]+ ([^ ]+).*/- `\1`/' | sort -u
        fi
    done
}

[ $# -ge 1 ] || fail "usage: bash $0 WORK [\"ROW ...\" [arguments of pytest]]"
mkdir -p "$1"
WORK=$(cd "$1" && pwd)
cd "$REPOSITORY"
read -ra names <<<"${2:-${ORDER[*]}}"
shift $(($# > 1 ? 2 : 1))
for ROW in "${names[@]}"; do
    [ -n "${ROWS[$ROW]:-}" ] || fail "no row $ROW; there is ${ORDER[*]}"
done
COMMIT=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
for ROW in "${names[@]}"; do
    FOLDER=$WORK/$ROW
    say "$ROW: Python, torch, stack: ${ROWS[$ROW]}"
    # shellcheck disable=SC2086  # three words
    run_row ${ROWS[$ROW]} "$@"
    [ "${KEEP:-1}" != 0 ] || rm -rf "$FOLDER/venv" "$FOLDER/installed"
    write_page >"$PAGE.part" && mv "$PAGE.part" "$PAGE"
done
say "$PAGE"
