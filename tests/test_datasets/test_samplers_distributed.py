"""The sampler on real ranks."""

import json
from itertools import islice

import pytest

from mmseg_uda.datasets import DomainPairDataset, DomainPairSampler
from tests.ranks import run_on_ranks

from .test_samplers import Listed, sampler, take


def write_stream(rank, folder):
    stream = DomainPairSampler(DomainPairDataset(Listed(5), Listed(3)), seed=None)
    stream.skip(2)
    content = dict(seed=stream.seed, indices=list(islice(stream, 10)))
    (folder / f'{rank}.json').write_text(json.dumps(content))


@pytest.mark.dist
def test_two_ranks_share_the_seed_and_split_the_stream(tmp_path):
    run_on_ranks(write_stream, tmp_path)
    ranks = [json.loads((tmp_path / f'{rank}.json').read_text()) for rank in range(2)]
    assert ranks[0]['seed'] == ranks[1]['seed']
    whole = [list(index) for index in take(sampler(5, 3, seed=ranks[0]['seed']), 24)]
    assert ranks[0]['indices'] == whole[4::2]
    assert ranks[1]['indices'] == whole[5::2]
