"""PLCA's association loss with its aggregation: memory, chunks, precision, edge cases, objectives."""

import pytest
import torch
from torch.nn.functional import cosine_similarity

from mmseg_uda.models.losses import cycle_association_loss
from mmseg_uda.models.ops import aggregate_spatially, chunks, find_cycles

from ..largest_tensor import LargestTensor
from ..plain_plca import VARIANTS, maps


def whole_step(similarity: str, contrast: bool, source, target, labels):
    """Loss and gradients, with aggregation."""
    loss, valid = cycle_association_loss(
        source, aggregate_spatially(target, similarity, 0.5, contrast), labels, similarity
    )
    return loss, valid, *torch.autograd.grad(loss, (source, target))


@pytest.mark.parametrize(('size', 'chunk'), [((20, 25), 2**15), ((48, 48), chunks.CHUNK_BYTES)])
@pytest.mark.parametrize(('similarity', 'contrast'), VARIANTS)
def test_no_map_of_all_pairs_exists_forward_or_backward(similarity, contrast, size, chunk, monkeypatch):
    """Nothing but chunks and the maps themselves."""
    monkeypatch.setattr(chunks, 'CHUNK_BYTES', chunk)
    source, target = maps(similarity, size), maps(similarity, size, seed=1)
    labels = torch.randint(0, 3, (2, *size), generator=torch.Generator().manual_seed(2))
    pairs = size[0] ** 2 * size[1] ** 2
    with LargestTensor() as control:
        torch.rand(size[0] * size[1], 5) @ torch.rand(5, size[0] * size[1])
    assert control.elements == pairs > 2 * chunk / 8
    with LargestTensor() as largest:
        _, valid, *_ = whole_step(similarity, contrast, source, target, labels)
    assert valid.any() and largest.elements <= max(chunk // 8, target.numel())


@pytest.mark.parametrize(('similarity', 'contrast'), VARIANTS)
def test_chunks_do_not_change_the_result(similarity, contrast, monkeypatch):
    source, target = maps(similarity, (7, 9)), maps(similarity, (8, 6), seed=1)
    labels = torch.randint(0, 2, (2, 7, 9), generator=torch.Generator().manual_seed(2))
    results = []
    for chunk in (2**9, 2**11, 2**22):
        monkeypatch.setattr(chunks, 'CHUNK_BYTES', chunk)
        results.append(whole_step(similarity, contrast, source, target, labels))
    for other in results[1:]:
        torch.testing.assert_close(other, results[0], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize('similarity', ['cosine', 'kl'])
def test_single_precision_autocast_and_memory_formats(similarity):
    source, target = maps(similarity, (7, 9)), maps(similarity, (8, 6), seed=1)
    labels = torch.randint(0, 2, (2, 7, 9), generator=torch.Generator().manual_seed(2))
    exact = whole_step(similarity, True, source, target, labels)
    source, target = source.detach().float().requires_grad_(), target.detach().float().requires_grad_()
    single = whole_step(similarity, True, source, target, labels)
    for a, b in zip(single, exact, strict=True):
        assert (a - b).abs().max() <= 1e-4 * b.abs().max() if a.is_floating_point() else torch.equal(a, b)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        mixed = whole_step(similarity, True, source, target, labels)
    last = [x.detach().to(memory_format=torch.channels_last).requires_grad_() for x in (source, target)]
    for other in (mixed, whole_step(similarity, True, *last, labels)):
        torch.testing.assert_close(other, single, rtol=1e-4, atol=1e-6)


def test_half_precision_features_keep_their_type():
    source, target = maps('cosine', (7, 9), dtype=torch.bfloat16), maps('cosine', (8, 6), 1, torch.bfloat16)
    aggregated = aggregate_spatially(target)
    loss, _ = cycle_association_loss(source, aggregated, torch.zeros(2, 7, 9, dtype=torch.long))
    loss.backward()
    assert (aggregated.dtype, loss.dtype) == (torch.bfloat16, torch.float32)
    assert source.grad.dtype == target.grad.dtype == torch.bfloat16 and target.grad.abs().sum() > 0


@pytest.mark.parametrize(('similarity', 'contrast'), VARIANTS)
def test_pixels_without_contrast_or_direction_are_no_nan(similarity, contrast):
    source, target = maps(similarity, (4, 5)).detach(), maps(similarity, (4, 6), seed=1).detach()
    source[1], target[1] = source[1, :, :1, :1], target[1, :, :1, :1]  # one image is constant
    if similarity == 'cosine':
        source[0, :, 0, 0] = target[0, :, 0, 0] = 0
    labels = torch.zeros(2, 4, 5, dtype=torch.long)
    for dtype in (torch.float, torch.double):
        inputs = (x.to(dtype).requires_grad_() for x in (source, target))
        for value in whole_step(similarity, contrast, *inputs, labels):
            assert value.isfinite().all()


def test_a_single_pixel():
    source, target = maps('cosine', (1, 1)), maps('cosine', (1, 1), seed=1)
    loss, valid, *grads = whole_step('cosine', True, source, target, torch.zeros(2, 1, 1, dtype=torch.long))
    assert valid.all() and loss == 0 and all(g.isfinite().all() for g in grads)


def test_similarity_objective_is_the_mean_similarity_of_valid_pairs():
    source, target = maps('cosine', (4, 5)), maps('cosine', (4, 6), seed=1)
    labels = torch.randint(0, 2, (2, 4, 5), generator=torch.Generator().manual_seed(2))
    loss, valid = cycle_association_loss(source, target, labels, objective='similarity')
    cycles = find_cycles(source, target)
    pairs = []
    for n, i in valid.flatten(1).nonzero().tolist():
        x, y = source[n].flatten(1), target[n].flatten(1)[:, cycles.target[n, i]]
        pairs += [cosine_similarity(x[:, i], y, dim=0) + cosine_similarity(x[:, cycles.source[n, i]], y, dim=0)]
    expected = -torch.stack(pairs).mean()
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(*(torch.autograd.grad(v, (source, target)) for v in (loss, expected)))


def test_similarity_objective_on_probabilities():
    source, target = maps('kl', (4, 5)), maps('kl', (4, 6), seed=1)
    labels = torch.zeros(2, 4, 5, dtype=torch.long)
    loss, _ = cycle_association_loss(source, target, labels, 'kl', 'similarity')
    kl = lambda x, y: (x * (x / y).log()).sum()  # noqa: E731
    cycles = find_cycles(source, target, 'kl')
    expected = 0.0
    for n in range(2):
        x, y = source[n].flatten(1), target[n].flatten(1)
        for i, (j, k) in enumerate(zip(cycles.target[n], cycles.source[n], strict=True)):
            expected += (kl(x[:, i], y[:, j]) + kl(y[:, j], x[:, k])).item() / 40
    assert loss.item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize('objective', ['contrast', 'similarity'])
def test_no_valid_cycle_is_an_exact_zero_with_gradients(objective):
    source, target = maps('cosine', (4, 5)), maps('cosine', (4, 6), seed=1)
    loss, valid = cycle_association_loss(source, target, torch.full((2, 4, 5), 255), objective=objective)
    loss.backward()
    assert loss == 0 and not valid.any() and not source.grad.any() and not target.grad.any()


def test_arguments_are_checked():
    source, labels = maps('cosine', (4, 5)), torch.zeros(2, 4, 5, dtype=torch.long)
    for message, call in (
        ('labels at the resolution', lambda: cycle_association_loss(source, source, labels[:, :2])),
        ('as many source as target', lambda: cycle_association_loss(source, source[:1], labels)),
        ("similarity must be .*got 'l2'", lambda: cycle_association_loss(source, source, labels, 'l2')),
        ("objective must be .*got 'mean'", lambda: cycle_association_loss(source, source, labels, objective='mean')),
    ):
        with pytest.raises(ValueError, match=message):
            call()
