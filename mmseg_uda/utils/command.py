"""How every tool starts and how it ends."""

import ctypes
import errno
import gc
import os
import signal
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import NoReturn

from mmseg_uda.errors import UserError

from .console import quiet_stack

INTERRUPTED = 128 + signal.SIGINT
"""Exit status after Ctrl-C, as shells have it."""

PR_SET_PDEATHSIG = 1
"""Of Linux's prctl(2)."""

TURN = 5.0
"""Seconds that a rank other than 0 waits before it prints an error, which rank 0 mostly has too: when that one has
printed it and ended, the launcher ends the others."""


def run_tool(parse_args: Callable[[], Namespace], work: Callable[[Namespace], None], stack: bool = True) -> None:
    """Parse the arguments, do the work, and print what a user can mend.

    ``--help`` is answered before anything heavy is imported; ``work`` imports what it needs. A :class:`UserError` is
    printed to stderr as ``Error: <message>``, without a traceback, and the exit status is 1; of several ranks that all
    have one, rank 0 prints it. So is an OSError that names a file, or a full disk. Ctrl-C prints the
    message of its KeyboardInterrupt and the exit status is 130.

    An argument called ``config`` may name one of the package's configs, see
    :func:`mmseg_uda.utils.configs.find_config`.

    Args:
        parse_args: Read the command line.
        work: The tool itself.
        stack: Whether the tool uses MMSeg, which is then imported, quietly.
    """
    args = parse_args()
    if hasattr(args, 'local_rank'):
        os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    if 'TORCHELASTIC_RUN_ID' in os.environ:
        _end_with_launcher()
    try:
        _check_ranks(getattr(args, 'launcher', 'none'))
        if stack:
            quiet_stack()
        if hasattr(args, 'config'):
            from .configs import find_config

            args.config = type(args.config)(find_config(args.config))
        work(args)
    except KeyboardInterrupt as interrupt:
        _end_interrupted(str(interrupt) or 'Interrupted')
    except UserError as error:
        # torch puts the traceback of a loading process in front of the message
        _end_with_message(str(error).rpartition('UserError: ')[2].strip(), error)
    except OSError as error:
        if error.filename is None and error.errno not in MENDABLE:
            raise
        _end_with_message(describe(error), error)
    if stack:
        _leave_process_group()


MENDABLE = {
    **dict.fromkeys(
        (errno.ENOSPC, errno.EDQUOT),
        'free some space, or name a folder on another disk; the command goes on from what is complete',
    ),
    **dict.fromkeys((errno.EACCES, errno.EPERM), 'ask for the right to it, or name another place (--work-dir, --out)'),
    errno.EROFS: 'name a place that can be written (--work-dir, --out)',
    errno.ENOTDIR: 'a part of this path is a file: name a folder (--work-dir, --out)',
    errno.EEXIST: 'there is a file of this name: name a folder (--work-dir, --out)',
    errno.EISDIR: 'this is a folder: name a file',
    errno.ENOENT: 'check the path, or name another place (--work-dir, --out)',
    errno.EMFILE: 'allow more open files (ulimit -n)',
}
"""What to do about the system's errors."""


def describe(error: OSError) -> str:
    """The system's error as a message with a remedy; the file comes first where it is known."""
    files = ' -> '.join(str(name) for name in (error.filename, error.filename2) if name is not None)
    what = f'{error.strerror or error}; {MENDABLE.get(error.errno, "check this file")}'
    return f'{files}: {what}' if files else what


def _end_with_message(message: str, cause: Exception) -> NoReturn:
    if _rank() > 0:
        time.sleep(TURN)
    raise SystemExit(f'Error: {message}') from cause


def add_launcher(parser: ArgumentParser) -> None:
    """Add the options by which MMEngine's launchers start several processes."""
    parser.add_argument('--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none', help='job launcher')
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0)


RANKS = dict(pytorch='RANK', slurm='SLURM_PROCID', mpi='OMPI_COMM_WORLD_RANK')
"""What each launcher tells its processes by."""


def _check_ranks(launcher: str) -> None:
    if launcher in RANKS and RANKS[launcher] not in os.environ:
        raise UserError(
            f'--launcher {launcher}: {RANKS[launcher]} is not set, so no launcher started this process. Use '
            'tools/dist_train.sh, dist_test.sh, slurm_train.sh or slurm_test.sh, or leave out --launcher'
        )


def _rank() -> int:
    """This process's rank as its launcher says it, since errors come before the process group too."""
    return int(next((os.environ[name] for name in RANKS.values() if name in os.environ), 0))


def _end_with_launcher() -> None:
    """Get SIGTERM when the launcher dies, which ranks would outlive (Linux alone tells)."""
    if sys.platform == 'linux':
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _end_interrupted(message: str) -> NoReturn:
    """Print the message and end the process at once: communication threads and further signals have nothing to say."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if _rank() == 0:
        print(f'\n{message}', file=sys.stderr, flush=True)
    raise SystemExit(INTERRUPTED)


def _leave_process_group() -> None:
    """End a distributed run in order; a process that just exits may be aborted by its communication threads."""
    import torch.distributed

    if torch.distributed.is_initialized():
        gc.collect()  # a Runner refers to itself through its hooks; its model wrapper would keep the threads alive
        torch.distributed.destroy_process_group()
