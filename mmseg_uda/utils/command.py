"""How every tool starts and how it ends."""

import gc
import os
from argparse import ArgumentParser, Namespace
from collections.abc import Callable

from mmseg_uda.errors import UserError

from .console import quiet_stack


def run_tool(parse_args: Callable[[], Namespace], work: Callable[[Namespace], None], stack: bool = True) -> None:
    """Parse the arguments, do the work, and print what a user can mend.

    ``--help`` is answered before anything heavy is imported; ``work`` imports what it needs. A :class:`UserError` is
    printed to stderr as ``Error: <message>``, without a traceback, and the exit status is 1.

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
    if stack:
        quiet_stack()
    try:
        if hasattr(args, 'config'):
            from .configs import find_config

            args.config = type(args.config)(find_config(args.config))
        work(args)
    except UserError as error:
        # torch puts the traceback of a loading process in front of the message
        message = str(error).rpartition('UserError: ')[2].strip()
        raise SystemExit(f'Error: {message}') from error
    if stack:
        _leave_process_group()


def add_launcher(parser: ArgumentParser) -> None:
    """Add the options by which MMEngine's launchers start several processes."""
    parser.add_argument('--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none', help='job launcher')
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0)


def _leave_process_group() -> None:
    """End a distributed run in order; a process that just exits may be aborted by its communication threads."""
    import torch.distributed

    if torch.distributed.is_initialized():
        gc.collect()  # a Runner refers to itself through its hooks; its model wrapper would keep the threads alive
        torch.distributed.destroy_process_group()
