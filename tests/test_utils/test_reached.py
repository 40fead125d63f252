import torch
from torch import nn

from mmseg_uda.utils.reached import reaching


def test_a_parameter_is_reached_and_its_gradient_left_as_it_is():
    used, early = (nn.Parameter(torch.full((2,), value)) for value in (2.0, float('nan')))
    early.grad = torch.ones(2)
    seen = []
    # What DistributedDataParallel keeps and hooks into: the nodes that accumulate parameters' gradients.
    nodes = {name: p.view_as(p).grad_fn.next_functions[0][0] for name, p in dict(used=used, early=early).items()}
    for name, node in nodes.items():
        node.register_hook(lambda *_, name=name: seen.append(name))
    loss = reaching(used.square().sum(), [early])
    assert loss == 8
    loss.backward()
    assert sorted(seen) == ['early', 'used']
    assert torch.equal(early.grad, torch.ones(2)) and torch.equal(used.grad, torch.full((2,), 4.0))


def test_a_constant_reaches_too():
    weight = nn.Parameter(torch.ones(2))
    reaching(torch.tensor(1.0), [weight]).backward()
    assert weight.grad is None
