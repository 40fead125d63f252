"""The sampler on real ranks."""

import json
from itertools import islice

import pytest
import torch.distributed as dist
import torch.multiprocessing as mp

from mmseg_uda.datasets import DomainPairDataset, DomainPairSampler

from .test_samplers import Listed, sampler, take


def write_stream(rank, folder):
    dist.init_process_group('gloo', init_method=f'file://{folder}/rendezvous', rank=rank, world_size=2)
    stream = DomainPairSampler(DomainPairDataset(Listed(5), Listed(3)), seed=None)
    stream.skip(2)
    content = dict(seed=stream.seed, indices=list(islice(stream, 10)))
    (folder / f'{rank}.json').write_text(json.dumps(content))
    dist.destroy_process_group()


@pytest.mark.dist
def test_two_ranks_share_the_seed_and_split_the_stream(tmp_path):
    mp.spawn(write_stream, (tmp_path,), nprocs=2)
    ranks = [json.loads((tmp_path / f'{rank}.json').read_text()) for rank in range(2)]
    assert ranks[0]['seed'] == ranks[1]['seed']
    whole = [list(index) for index in take(sampler(5, 3, seed=ranks[0]['seed']), 24)]
    assert ranks[0]['indices'] == whole[4::2]
    assert ranks[1]['indices'] == whole[5::2]
