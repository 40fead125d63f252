import os
import subprocess
import sys

import pytest

from mmseg_uda.utils.cpus import available_cpus


@pytest.mark.skipif(not hasattr(os, 'sched_setaffinity'), reason='needs Linux')
def test_limits_of_the_process_count():
    one = min(os.sched_getaffinity(0))
    code = (
        f'import os; os.sched_setaffinity(0, [{one}]); from mmseg_uda.utils.cpus import available_cpus as n; exit(n())'
    )
    assert subprocess.run([sys.executable, '-c', code]).returncode == 1
    assert available_cpus() == len(os.sched_getaffinity(0))
