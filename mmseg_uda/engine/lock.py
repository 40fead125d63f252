"""One run at a time in a folder."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from mmengine.dist import is_main_process

from mmseg_uda.errors import UserError

try:
    import fcntl
except ImportError:  # Windows has no such locks
    fcntl = None

FILE = '.in_use'


@contextmanager
def locked(folder: str) -> Iterator[None]:
    """A folder that no other run of this block uses at the same time; of several ranks, rank 0 sees to it.

    The operating system frees the folder when the process ends, in whatever way.

    Args:
        folder: A run's work dir, made if needed.

    Raises:
        UserError: It is in use, or cannot be made; the message says by whom, or why.
    """
    if not is_main_process() or fcntl is None:
        yield
        return
    path = Path(folder, FILE)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open('a+')
    except OSError as error:
        raise UserError(
            f'work_dir {folder} cannot be written to: {error}. Give a --work-dir that is a folder of your own'
        ) from error
    with file:
        # A POSIX lock, which loading processes do not inherit: one that outlives a killed run does not keep it.
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise UserError(
                f'{folder} is in use by {file.read().strip() or "another run"}: wait for it or end it, or give '
                'another --work-dir'
            ) from None
        except OSError:  # a file system without locks
            yield
            return
        file.truncate(0)
        file.write(f'process {os.getpid()} on {socket.gethostname()} since {datetime.now():%Y-%m-%d %H:%M:%S}\n')
        file.flush()
        yield
        file.truncate(0)
