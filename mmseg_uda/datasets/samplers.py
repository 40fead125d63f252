"""Which source sample meets which target sample."""

from collections.abc import Iterator
from itertools import count

import numpy as np
from mmengine.dist import get_dist_info, sync_random_seed
from mmseg.registry import DATA_SAMPLERS
from torch.utils.data import Sampler

from mmseg_uda.errors import UserError

from .domain_pair import DomainPairDataset, PairIndex

_SOURCE, _TARGET, _SAMPLE = 0, 1, 2


@DATA_SAMPLERS.register_module()
class DomainPairSampler(Sampler):
    """An endless stream of ``(i_source, i_target, seed)`` for :class:`DomainPairDataset`.

    Each domain runs through its own permutations, reshuffled when that domain (not the pair) is
    through. Position ``p`` of the stream depends on the sampler's seed and ``p`` alone: rank ``r``
    of ``w`` takes the positions ``r, r + w, r + 2w, ...``, so any number of ranks sees the same
    stream, and going on at any position costs nothing. Memory is O(S + T).

    Args:
        dataset: the pair of domains.
        seed: shared by all ranks. None: drawn and shared by MMEngine.
        shuffle: False runs through each domain in order (still seeded per sample).

    Raises:
        UserError: the data set is no :class:`DomainPairDataset`.
    """

    def __init__(self, dataset: DomainPairDataset, seed: int | None = None, shuffle: bool = True) -> None:
        if not isinstance(dataset, DomainPairDataset):
            raise UserError(
                f'DomainPairSampler needs a DomainPairDataset, not {type(dataset).__name__} (leave '
                'num_batch_per_epoch out of the data loader)'
            )
        self.rank, self.world_size = get_dist_info()
        self.seed = sync_random_seed() if seed is None else seed
        self.shuffle = shuffle
        self.dataset = dataset
        self._start = 0

    def __iter__(self) -> Iterator[PairIndex]:
        """Start where :meth:`skip` put it, each time it is called."""
        # Asked now, because a round of pseudo labels may restrict a domain to some of its images.
        lengths = self.dataset.domain_lengths
        source = _Permutations(lengths[0], self.seed, _SOURCE, self.shuffle)
        target = _Permutations(lengths[1], self.seed, _TARGET, self.shuffle)
        for position in count(self.rank + self._start * self.world_size, self.world_size):
            yield source[position], target[position], self._sample_seed(position)

    def __len__(self) -> int:
        """Length of the longer domain; the stream itself has no end."""
        return len(self.dataset)

    def skip(self, num_samples: int) -> None:
        """The next iteration starts after this rank's first ``num_samples`` samples.

        The count is absolute, from the start of the stream, as in MMEngine's ``InfiniteSampler``.

        Raises:
            ValueError: the count is negative.
        """
        if num_samples < 0:
            raise ValueError(f'num_samples must not be negative, got {num_samples}')
        self._start = num_samples

    def _sample_seed(self, position: int) -> int:
        return _derived(self.seed, _SAMPLE, position)


class _Permutations:
    """The endless sequence of one domain: a fresh permutation per epoch, the current one kept."""

    def __init__(self, length: int | None, seed: int, domain: int, shuffle: bool) -> None:
        self.length = length
        self.seed = seed
        self.domain = domain
        self.shuffle = shuffle
        self._epoch = -1
        self._order: np.ndarray | None = None

    def __getitem__(self, position: int) -> int | None:
        if self.length is None:
            return None
        epoch, offset = divmod(position, self.length)
        if not self.shuffle:
            return offset
        if epoch != self._epoch:
            rng = np.random.default_rng((self.seed, self.domain, epoch))
            self._epoch, self._order = epoch, rng.permutation(self.length)
        return int(self._order[offset])


def _derived(*entropy: int) -> int:
    """A 32-bit seed that differs for neighbouring positions, unlike seed + position."""
    return int(np.random.SeedSequence(entropy).generate_state(1)[0])
