"""Random numbers of a step that do not depend on what ran before it."""

import numpy as np
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import set_random_seed


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
        set_random_seed(int(sequence.generate_state(1)[0]))
