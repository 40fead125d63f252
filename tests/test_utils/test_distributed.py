"""What two processes share."""

from pathlib import Path

import pytest
import torch
from torch import nn

from mmseg_uda.utils.distributed import broadcast_norm_statistics
from tests.ranks import run_on_ranks


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(4)
        self.register_buffer('queue', torch.zeros(3))


def run(rank: int, folder: Path) -> None:
    net = Net()
    net.norm.running_mean.fill_(rank + 1)
    net.norm.running_var.fill_(rank + 5)
    net.norm.num_batches_tracked.fill_(rank + 7)
    net.queue.fill_(rank)
    broadcast_norm_statistics(net)
    torch.save(net.state_dict(), f'{folder}/{rank}.pth')


@pytest.mark.dist
def test_statistics_are_rank_0s_and_other_buffers_stay(tmp_path):
    run_on_ranks(run, tmp_path)
    states = [torch.load(tmp_path / f'{rank}.pth', weights_only=True) for rank in range(2)]
    for state in states:
        assert (state['norm.running_mean'] == 1).all()
        assert (state['norm.running_var'] == 5).all()
        assert state['norm.num_batches_tracked'] == 7
    assert (states[0]['queue'] == 0).all() and (states[1]['queue'] == 1).all()


def test_nothing_happens_in_one_process():
    net = Net()
    before = net.state_dict()
    broadcast_norm_statistics(net)
    assert all(torch.equal(before[key], value) for key, value in net.state_dict().items())
