"""Random numbers of a step that do not depend on what ran before it."""

import random

import numpy as np
import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.registry import HOOKS


@HOOKS.register_module()
class IterationSeedHook(Hook):
    """Seed Python, NumPy and torch before every training step from (seed, rank, iteration).

    MMEngine restores no random state on resume. Deriving it from the iteration instead of storing it makes a resumed
    run equal to an uninterrupted one (dropout included), on every rank, however often validation ran in between.
    ``tools/train.py`` draws ``randomness.seed`` when it is None and takes it from the checkpoint on resume.
    """

    priority = 'VERY_HIGH'

    def before_train_iter(self, runner, batch_idx: int, data_batch=None) -> None:
        """Set the seeds; microseconds."""
        sequence = np.random.SeedSequence([runner.seed, get_rank(), runner.iter])
        python_seed, numpy_seed, torch_seed = (int(n) for n in sequence.generate_state(3))
        random.seed(python_seed)
        np.random.seed(numpy_seed)
        torch.manual_seed(torch_seed)
