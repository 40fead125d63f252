import tracemalloc
from itertools import islice

import pytest

from mmseg_uda.datasets import DomainPairDataset, DomainPairSampler
from mmseg_uda.errors import UserError


class Listed:
    """A data set of a given length."""

    metainfo = dict(classes=['road'])

    def __init__(self, length):
        self.length = length

    def __len__(self):
        return self.length


def sampler(source, target, seed=0, rank=0, world_size=1, **kwargs):
    pair = DomainPairDataset(*(None if n is None else Listed(n) for n in (source, target)))
    made = DomainPairSampler(pair, seed=seed, **kwargs)
    made.rank, made.world_size = rank, world_size
    return made


def take(stream, count):
    return list(islice(stream, count))


def test_each_domain_runs_through_its_own_permutations():
    stream = take(sampler(5, 3), 15)
    source, target = [s for s, _, _ in stream], [t for _, t, _ in stream]
    epochs = [source[i : i + 5] for i in range(0, 15, 5)]
    assert all(sorted(epoch) == [*range(5)] for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) > 1
    epochs = [target[i : i + 3] for i in range(0, 15, 3)]
    assert all(sorted(epoch) == [*range(3)] for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) > 1
    assert len({seed for _, _, seed in stream}) == 15


def test_equal_lengths_are_not_paired_the_same_way():
    stream = take(sampler(50, 50), 50)
    assert sum(s == t for s, t, _ in stream) < 10


def test_deterministic_per_seed():
    assert take(sampler(5, 3, seed=1), 20) == take(sampler(5, 3, seed=1), 20)
    assert take(sampler(5, 3, seed=1), 20) != take(sampler(5, 3, seed=2), 20)


@pytest.mark.parametrize('world_size', [2, 3])
def test_ranks_share_one_stream(world_size):
    whole = take(sampler(5, 3), 6 * world_size)
    for rank in range(world_size):
        mine = take(sampler(5, 3, rank=rank, world_size=world_size), 6)
        assert mine == whole[rank::world_size]


@pytest.mark.parametrize('world_size', [1, 2])
def test_skip(world_size):
    stream = sampler(5, 3, rank=world_size - 1, world_size=world_size)
    whole = take(stream, 40)
    assert take(stream, 40) == whole  # each iteration starts anew
    stream.skip(17)
    assert take(stream, 5) == whole[17:22] == take(stream, 5)
    stream.skip(3)
    assert take(stream, 5) == whole[3:8]
    with pytest.raises(ValueError, match='negative'):
        stream.skip(-1)


def test_skip_far_costs_nothing():
    stream = sampler(24966, 2975)
    stream.skip(10**9)
    assert len(take(stream, 3)) == 3


def test_absent_domain_and_no_shuffle():
    assert [i[:2] for i in take(sampler(None, 2, shuffle=False), 4)] == [
        (None, 0),
        (None, 1),
        (None, 0),
        (None, 1),
    ]
    plain = take(sampler(3, 2, shuffle=False), 6)
    assert [i[:2] for i in plain] == [(0, 0), (1, 1), (2, 0), (0, 1), (1, 0), (2, 1)]
    assert len({seed for _, _, seed in plain}) == 6


def test_length_and_memory():
    tracemalloc.start()
    stream = sampler(24966, 2975)
    take(stream, 100)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(stream) == 24966
    assert peak < 3e6  # a handful of int64 per image; S x T would be 74 million


def test_other_datasets_are_refused():
    with pytest.raises(UserError, match='needs a DomainPairDataset, not Listed'):
        DomainPairSampler(Listed(3), seed=0)


def test_seed_none_is_drawn():
    assert isinstance(sampler(5, 3, seed=None).seed, int)
