"""Losses and gradients that are no numbers: the run ends before it learns from them, or leaves them out."""

import copy

import pytest
import torch

from mmseg_uda.errors import UserError
from mmseg_uda.models.segmentors.finite import NonFiniteLossError, check_finite

from .nets import ADVERSARY, build_segmentor, pair_batch
from .test_joint_optim_wrapper import optim


def spoiled(seed: int) -> dict:
    """A batch with an image of NaN."""
    batch = pair_batch(seed)
    source = batch['source']
    source['inputs'] = [torch.full_like(image.float(), float('nan')) for image in source['inputs']]
    return batch


def same_states(a: dict, b: dict) -> bool:
    return all(torch.equal(value, b[key]) for key, value in a.items())


def test_the_first_one_ends_the_run_with_the_loss_and_its_images():
    model = build_segmentor(adversary=ADVERSARY)
    wrapper = optim(model)
    parameters = copy.deepcopy(dict(model.named_parameters()))
    with pytest.raises(NonFiniteLossError, match=r'decode\.loss_ce is nan.*, on .*optim_wrapper\.max_skipped'):
        model.train_step(spoiled(0), wrapper)
    assert same_states(parameters, dict(model.named_parameters()))


@pytest.mark.parametrize('counts', [1, 2])
def test_an_update_is_left_out_as_if_its_steps_had_not_been(counts):
    """Weights, optimisers and BatchNorm statistics; the update after it is learned."""
    model = build_segmentor(adversary=ADVERSARY)
    wrapper = optim(model, max_skipped=1, accumulative_counts=counts)
    wrapper.initialize_count_status(model, 0, 100)
    for seed in range(counts):
        model.train_step(pair_batch(seed), wrapper)
    state, optimisers = copy.deepcopy(model.state_dict()), copy.deepcopy(wrapper.state_dict())
    for seed in range(counts):
        model.train_step(pair_batch(seed) if seed else spoiled(0), wrapper)
    assert same_states(state, model.state_dict()) and wrapper.skipped == 1
    assert str(optimisers) == str({key: value for key, value in wrapper.state_dict().items() if key != 'skipped'})
    for seed in range(counts):
        model.train_step(pair_batch(9 + seed), wrapper)
    assert not same_states(state, model.state_dict())
    assert all(torch.isfinite(value).all() for value in model.state_dict().values())


def test_one_too_many_ends_the_run_also_after_a_resume():
    model = build_segmentor()
    wrapper = optim(model, max_skipped=1)
    model.train_step(spoiled(0), wrapper)
    again = optim(model, max_skipped=1)
    again.load_state_dict(wrapper.state_dict())
    with pytest.raises(NonFiniteLossError, match='after 1 updates that were left out'):
        model.train_step(spoiled(0), again)


def test_a_scaler_leaves_out_updates_by_itself():
    with pytest.raises(UserError, match="does not go with amp_dtype='float16'"):
        optim(build_segmentor(), max_skipped=1, amp_dtype='float16')
    model = build_segmentor()
    with pytest.raises(NonFiniteLossError, match='loss_ce is nan'):
        model.train_step(spoiled(0), optim(model, amp_dtype='float16'))


def test_a_gradient_that_is_no_number_ends_the_run():
    """As of the square root of 0: the loss is a number, and the weights would not be."""
    model = build_segmentor()
    wrapper = optim(model)
    weight = model.decode_head.conv_seg.weight
    before = weight.detach().clone()
    with pytest.raises(NonFiniteLossError, match='gradient is NaN or infinite though the losses are numbers'):
        wrapper.update_params((weight - weight.detach()).abs().sum().sqrt())
    assert torch.equal(before, weight)


def test_a_loss_may_be_a_list():
    """As MMEngine takes it."""
    good, bad = torch.ones(2), torch.tensor([1.0, float('inf')])
    check_finite({'a.loss': [good, good], 'acc': bad}, [])
    with pytest.raises(NonFiniteLossError, match=r'^a\.loss is inf, on'):
        check_finite({'a.loss': [good, bad], 'b.loss': good}, [])


@pytest.mark.parametrize('value', [-1, 1.5, 'many'])
def test_how_many_is_a_number(value):
    with pytest.raises(UserError, match=r'optim_wrapper\.max_skipped is'):
        optim(build_segmentor(), max_skipped=value)
