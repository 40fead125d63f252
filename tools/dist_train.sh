#!/usr/bin/env bash
# Train on several processes: dist_train.sh CONFIG PROCESSES [arguments of train.py]; see dist_launch.sh for several nodes.
set -euo pipefail

if [ $# -lt 2 ]; then
    echo "usage: $0 CONFIG PROCESSES [arguments of train.py]" >&2
    exit 2
fi
exec bash "$(dirname "$0")/dist_launch.sh" "$2" train.py "$1" "${@:3}"
