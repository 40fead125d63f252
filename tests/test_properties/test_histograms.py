"""Confidence histograms: whoever counted what, the whole is the sum of its parts."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mmseg_uda.pseudo_labels import histogram as module
from mmseg_uda.pseudo_labels.histogram import ConfidenceHistogram

pytestmark = pytest.mark.usefixtures('coarse_bins')

CLASSES = 2
IMAGE = (4, 5)

labels = hnp.arrays(np.int64, IMAGE, elements=st.integers(0, CLASSES - 1))
confidences = hnp.arrays(np.float32, IMAGE, elements=st.floats(0, 1, width=32))
image_lists = st.lists(st.tuples(labels, confidences), min_size=1, max_size=6)
strides = st.integers(1, 5)


def count(images, stride: int) -> ConfidenceHistogram:
    histogram = ConfidenceHistogram(CLASSES, stride)
    for label, confidence in images:
        histogram.update(torch.from_numpy(label)[None], torch.from_numpy(confidence)[None])
    return histogram


def reduce_first(parts: list[ConfidenceHistogram]) -> ConfidenceHistogram:
    """What the first of several ranks has after ``all_reduce``; the others' tensors come in the order it asks."""
    others = [iter([part.pixels, part.totals, *part.counts.long()]) for part in parts[1:]]

    def all_reduce(tensor, op):
        assert op == 'sum'
        for other in others:
            tensor += next(other)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, 'get_world_size', lambda: len(parts))
        patch.setattr(module, 'all_reduce', all_reduce)
        parts[0].all_reduce()
    return parts[0]


def assert_same(one: ConfidenceHistogram, other: ConfidenceHistogram) -> None:
    for name in ('counts', 'pixels', 'totals'):
        assert torch.equal(getattr(one, name), getattr(other, name)), name


@given(images=image_lists, stride=strides, ranks=st.integers(1, 4))
def test_the_parts_of_any_number_of_ranks_sum_to_the_whole(images, stride, ranks):
    parts = [count(images[rank::ranks], stride) for rank in range(ranks)]
    assert_same(reduce_first(parts), count(images, stride))


@given(images=image_lists, stride=strides)
def test_batches_and_order_do_not_matter(images, stride):
    at_once = ConfidenceHistogram(CLASSES, stride)
    at_once.update(*(torch.from_numpy(np.stack(maps)) for maps in zip(*images[::-1], strict=True)))
    assert_same(at_once, count(images, stride))


@given(images=image_lists, stride=strides)
def test_every_pixel_is_counted_once(images, stride):
    histogram = count(images, stride)
    assert torch.equal(histogram.counts.sum(dim=1), histogram.totals)
    assert int(histogram.pixels.sum()) == len(images) * np.prod(IMAGE)
    assert (histogram.totals <= histogram.pixels).all()


@given(images=image_lists, label=st.none() | st.integers(0, CLASSES - 1))
def test_order_statistics_are_those_of_a_sorted_list(images, label):
    histogram = count(images, stride=1)
    listed = np.sort(np.concatenate([c.ravel() if label is None else c[classes == label] for classes, c in images]))
    for place in {0, len(listed) // 2, len(listed) - 1} if len(listed) else ():
        lower, upper = (histogram.order_statistic(place, label, edge) for edge in ('lower', 'upper'))
        assert lower <= listed[place] < upper == lower + module.BIN_WIDTH
    with pytest.raises(IndexError):
        histogram.order_statistic(len(listed), label)
