#!/usr/bin/env bash
# What dist_train.sh and dist_test.sh share: dist_launch.sh PROCESSES TOOL [arguments of the tool]
# One process a GPU; without GPUs the processes share the CPU (gloo). For several nodes set NNODES, NODE_RANK, MASTER_ADDR, PORT;
# one node finds a free port itself.
set -euo pipefail

TOOLS=$(cd "$(dirname "$0")" && pwd)

if [ "${NNODES:-1}" = 1 ] && [ -z "${PORT:-}" ]; then
    MEETING=(--standalone --local-addr=127.0.0.1)
else
    MEETING=(
        --nnodes="${NNODES:-1}"
        --node_rank="${NODE_RANK:-0}"
        --master_addr="${MASTER_ADDR:-127.0.0.1}"
        --master_port="${PORT:-29500}"
    )
fi

export PYTHONPATH="$TOOLS/..:${PYTHONPATH:-}" OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
# In place of this shell, so that a scheduler's signal arrives.
exec python "$TOOLS/dist_launch.py" \
    "${MEETING[@]}" \
    --nproc_per_node="$1" \
    "$TOOLS/$2" "${@:3}" --launcher pytorch
