"""The processors of this machine."""

import os


def available_cpus() -> int:
    """CPUs this process may run on, which a container or a batch system may have limited."""
    if hasattr(os, 'sched_getaffinity'):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
