#!/usr/bin/env bash
# From a fresh clone to an adapted segmentor: installs into .venv, renders MiniCity, trains and tests source-only, the
# control without adaptation losses and DAST, prints a table and writes work_dirs/quickstart/report.html.
# Run it again to go on where it stopped. Arguments go to tools/benchmarks/quickstart.py (see its --help).
set -euo pipefail

# shellcheck source=tools/setup_env.sh
source "$(dirname "${BASH_SOURCE[0]}")/setup_env.sh"
set_up

say 'MiniCity'
python tools/dataset_converters/minicity.py --out data/minicity
for name in gta cityscapes; do
    # The statistics are written last, so where they are the conversion is complete.
    if [ -f "data/minicity/$name/sample_class_stats.json" ]; then
        echo "data/minicity/$name: converted before"
    else
        python "tools/dataset_converters/$name.py" "data/minicity/$name"
    fi
done

python tools/benchmarks/quickstart.py "$@"
