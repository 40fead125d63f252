import copy

import pytest
import torch
from torch import nn

from mmseg_uda.errors import UserError
from mmseg_uda.utils.norm_statistics import recompute_norm_statistics, tracked_norms
from tests.test_engine.nets import ATTENTION, build_segmentor, domain_batch


def batches(count: int = 3) -> list[dict]:
    generator = torch.Generator().manual_seed(5)
    return [domain_batch(generator, (32, 64), labelled=False) for _ in range(count)]


def stem_input_statistics(model: nn.Module, data: list[dict]) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean over batches of the first BatchNorm's input mean and (unbiased) variance, computed plainly."""
    seen = []
    handle = model.backbone.bn1.register_forward_pre_hook(lambda module, args: seen.append(args[0].double()))
    with torch.no_grad():
        for batch in data:
            model(**model.data_preprocessor(copy.deepcopy(batch), False), mode='tensor')
    handle.remove()
    flat = [x.transpose(0, 1).flatten(1) for x in seen]
    return torch.stack([x.mean(1) for x in flat]).mean(0), torch.stack([x.var(1) for x in flat]).mean(0)


def test_statistics_are_the_mean_of_the_batches():
    model, data = build_segmentor().eval(), batches()
    weights = {name: value.clone() for name, value in model.named_parameters()}
    mean, variance = stem_input_statistics(model, data)
    layers = recompute_norm_statistics(model, data)
    assert layers == list(tracked_norms(model)) and 'decode_head.convs.0.bn' in layers
    norm = model.backbone.bn1
    torch.testing.assert_close(norm.running_mean.double(), mean, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(norm.running_var.double(), variance, rtol=1e-4, atol=1e-5)
    assert all(torch.equal(value, weights[name]) for name, value in model.named_parameters())
    assert all(value.grad is None for value in model.parameters())


def test_modes_and_momenta_are_as_before():
    model = build_segmentor(attention=ATTENTION).train()
    model.backbone.layer1.eval()
    modes = [module.training for module in model.modules()]
    recompute_norm_statistics(model, batches(1))
    assert [module.training for module in model.modules()] == modes
    assert all(norm.momentum == 0.1 for norm in tracked_norms(model).values())


def test_a_layer_that_the_images_do_not_pass_keeps_its_statistics():
    model = build_segmentor()
    model.unused = nn.BatchNorm2d(3)
    model.unused.running_mean.fill_(7)
    assert 'unused' not in recompute_norm_statistics(model, batches(1))
    assert model.unused.running_mean.tolist() == [7, 7, 7] and model.unused.momentum == 0.1


def test_an_error_leaves_everything_as_it_was():
    model = build_segmentor()
    before = copy.deepcopy(model.state_dict())

    def breaking():
        yield from batches(1)
        raise OSError('disk')

    with pytest.raises(OSError, match='disk'):
        recompute_norm_statistics(model, breaking())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    with pytest.raises(ValueError, match='no images'):
        recompute_norm_statistics(model, [])


def test_a_net_without_batch_norm_is_refused():
    with pytest.raises(UserError, match='no BatchNorm'):
        recompute_norm_statistics(build_segmentor(norm='GN'), batches(1))
