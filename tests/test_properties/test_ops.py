"""What the maps that are no losses keep to."""

from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from mmseg_uda.models import ops
from mmseg_uda.models.ops import multi_resolution
from mmseg_uda.models.ops.strong_augmentation import (
    adjust_brightness,
    adjust_contrast,
    adjust_hue,
    adjust_saturation,
    hsv_to_rgb,
    rgb_to_hsv,
)

from .batches import CLASSES, SIZE, labels, maps


def aggregate(x: Tensor, similarity: str, contrast: bool) -> Tensor:
    x = x.softmax(1) if similarity == 'kl' else x
    return ops.aggregate_spatially(x, similarity, 0.5, contrast)


OPS = {
    **{
        f'aggregate_spatially {s}{" contrast" * c}': partial(aggregate, similarity=s, contrast=c)
        for s in ('cosine', 'kl')
        for c in (False, True)
    },
    'self_attend': lambda x: ops.self_attend(x, x),
    'self_information': lambda x: ops.self_information(x.softmax(1)),
    'discriminator_attention': lambda x: ops.attend(x, ops.discriminator_attention(x[:, :1])),
    'find_cycles cosine': lambda x: ops.find_cycles(x, x.flip(2)).log_prob,
    'find_cycles kl': lambda x: ops.find_cycles(x.softmax(1), x.softmax(1).flip(2), 'kl').log_prob,
}


def value_and_gradient(op, x: Tensor) -> tuple[Tensor, Tensor]:
    x = x.clone().requires_grad_()
    value = op(x)
    value.sum().backward()
    return value.detach(), x.grad


@pytest.mark.parametrize('name', OPS)
@given(x=maps())
def test_finite(name, x):
    value, gradient = value_and_gradient(OPS[name], x)
    assert value.isfinite().all() and gradient.isfinite().all()


@pytest.mark.parametrize('name', OPS)
@given(x=maps(images=3), order=st.permutations(range(3)))
def test_the_images_of_a_batch_do_not_see_each_other(name, x, order):
    for whole, other in zip(*(value_and_gradient(OPS[name], y) for y in (x, x[list(order)])), strict=True):
        torch.testing.assert_close(other, whole[list(order)])


@given(x=maps(), similarity=st.sampled_from(['cosine', 'kl']), ratio=st.floats(0, 1))
def test_aggregation_stays_between_the_images_values(x, similarity, ratio):
    x = x.softmax(1) if similarity == 'kl' else x
    mixed = ops.aggregate_spatially(x, similarity, ratio)
    room = 1e-5 * x.abs().amax()
    assert (mixed <= x.amax(dim=(2, 3), keepdim=True) + room).all()
    assert (mixed >= x.amin(dim=(2, 3), keepdim=True) - room).all()


@given(x=maps(), start=st.integers(0, 14))
def test_self_attention_of_a_zero_vector_is_zero(x, start):
    x.flatten(2)[:, :, start:] = 0
    assert (ops.self_attend(x, x).flatten(2)[:, :, start:] == 0).all()


@given(x=maps())
def test_self_information_is_a_share(x):
    information = ops.self_information(x.softmax(1))
    assert (information >= 0).all() and (information.sum(dim=1) <= 1 + 1e-5).all()


@given(
    x=maps(),
    temperature=st.floats(0.05, 2),
    thresholds=st.lists(st.floats(0.01, 1), min_size=CLASSES, max_size=CLASSES),
)
def test_soft_labels_are_distributions(x, temperature, thresholds):
    soft, margin = ops.lrent(x.softmax(1), torch.tensor(thresholds), temperature)
    torch.testing.assert_close(soft.sum(dim=1), torch.ones_like(margin))
    assert (soft >= 0).all() and margin.isfinite().all()


@given(x=maps(), thresholds=st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted))
def test_a_higher_threshold_never_weighs_more(x, thresholds):
    results = [ops.pseudo_labels(x, threshold) for threshold in thresholds]
    for found, weights, share in results:
        assert torch.equal(found, x.softmax(1).argmax(1))
        assert 0 <= share <= 1 and (weights == share).all()
    assert results[1][2] <= results[0][2]


@given(known=labels(images=2), size=st.tuples(st.integers(1, 9), st.integers(1, 9)))
def test_resized_labels_are_labels_of_the_image(known, size):
    resized = ops.nearest_labels(known, size)
    assert resized.shape == (2, *size) and set(resized.unique().tolist()) <= set(known.unique().tolist())
    assert torch.equal(ops.nearest_labels(known, SIZE), known)


@given(known=labels(images=3), classes_from=st.sampled_from(['batch', 'image']), seed=st.integers(0, 99))
def test_half_of_the_values_are_pasted(known, classes_from, seed):
    torch.manual_seed(seed)
    candidates = ops.candidate_classes(known, classes_from)
    chosen = [ops.choose_classes(values, torch.randperm(len(values))) for values in candidates]
    assert [len(values) for values in chosen] == [(len(values) + 1) // 2 for values in candidates]
    mask = ops.class_mask(known, chosen)
    pasted = ops.paste(mask, known, torch.full_like(known, -1))
    for image, values, label in zip(pasted, chosen, known, strict=True):
        assert set(image.unique().tolist()) - {-1} == set(values.tolist()) & set(label.unique().tolist())


@given(
    steps=st.lists(st.lists(st.integers(0, CLASSES - 1), max_size=6), min_size=1, max_size=5), size=st.integers(1, 4)
)
def test_a_dictionary_holds_the_newest_of_each_class(steps, size):
    """However the features are cut into steps."""
    dictionary, given_, number = ops.SourceDictionary(CLASSES, size, channels=1), [[] for _ in range(CLASSES)], 0
    for step in steps:
        features = torch.arange(number, number + len(step)).float()[:, None]
        dictionary.enqueue(features, torch.tensor(step, dtype=torch.long))
        for c, value in zip(step, features.flatten().tolist(), strict=True):
            given_[c].append(value)
        number += len(step)
    held = [sorted(queue.flatten().tolist()) for queue in dictionary.contents()]
    assert held == [values[-size:] for values in given_]


sides = st.integers(1, 30)


@given(size=st.tuples(sides, sides), window=st.tuples(sides, sides), stride=st.tuples(sides, sides))
def test_windows_cover_the_image_once(size, window, stride):
    """Where the stride is at most the window."""
    stride = tuple(min(pair) for pair in zip(stride, window, strict=True))
    boxes = multi_resolution.windows(size, window, stride)
    height, width = boxes[0][1] - boxes[0][0], boxes[0][3] - boxes[0][2]
    ones = torch.ones(len(boxes), 1, height, width)
    assert torch.equal(multi_resolution.stitch(ones, boxes, size), torch.ones(1, 1, *size))


images = maps(channels=3, values=st.sampled_from([0.0, 1.0]) | st.floats(0, 1, width=32))


@given(rgb=images)
def test_colors_come_back_from_hue_saturation_and_value(rgb):
    hue, saturation, value = rgb_to_hsv(rgb)
    for channel in (hue, saturation, value):
        assert (channel >= 0).all() and (channel <= 1).all()
    torch.testing.assert_close(hsv_to_rgb(hue, saturation, value), rgb, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize('adjust', [adjust_brightness, adjust_contrast, adjust_saturation, adjust_hue])
@given(rgb=images, factor=st.floats(0, 2))
def test_adjusted_colors_are_colors(adjust, rgb, factor):
    adjusted = adjust(rgb, torch.full((len(rgb),), factor))
    assert (adjusted >= -1e-6).all() and (adjusted <= 1 + 1e-6).all()
