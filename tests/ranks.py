"""Two processes that share a gloo group, for tests marked ``dist``."""

import gc
import os
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from mmengine.registry import init_default_scope


def run_on_ranks(
    work: Callable[[int, Path], None], folder: Path, ranks: int = 2, time_limit: float = float('inf')
) -> None:
    """Run ``work(rank, folder)``, a function of a module, in as many processes.

    Raises:
        TimeoutError: They were not done after ``time_limit`` seconds, and were killed.
    """
    start = time.monotonic()
    context = mp.spawn(_run, (work, folder, ranks), nprocs=ranks, join=False)
    while not context.join(timeout=1):
        if time.monotonic() - start > time_limit:
            for process in context.processes:
                process.kill()
            raise TimeoutError(f'{ranks} ranks were not done after {time_limit} s')


def _run(rank: int, work: Callable[[int, Path], None], folder: Path, ranks: int) -> None:
    torch.set_num_threads(1)
    os.environ['LOCAL_RANK'] = str(rank)  # which the Runner reads
    init_default_scope('mmseg')
    dist.init_process_group('gloo', init_method=f'file://{folder}/rendezvous', rank=rank, world_size=ranks)
    work(rank, folder)
    gc.collect()  # a model wrapper that is still there keeps communication threads, with which an exit may abort
    dist.barrier()
    dist.destroy_process_group()
