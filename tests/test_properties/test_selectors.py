"""What every selector of pseudo labels keeps to."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from mmseg.registry import TASK_UTILS
from torch import Tensor

from mmseg_uda.pseudo_labels.histogram import ConfidenceHistogram
from mmseg_uda.pseudo_labels.selectors import BaseSelector

from .batches import CLASSES, maps

pytestmark = pytest.mark.usefixtures('coarse_bins')

SELECTORS = {
    'DASTSelector': dict(type='DASTSelector', stride=1),
    'DASTSelector of CBST': dict(type='DASTSelector', cap=None, stride=4),
    'BDLSelector': dict(type='BDLSelector'),
    'BDLSelector without cap': dict(type='BDLSelector', cap=1.0, stride=3),
    'TopPortionSelector': dict(type='TopPortionSelector'),
    'TopPortionSelector of images': dict(type='TopPortionSelector', per='image'),
    'PixIntraDASelector': dict(type='PixIntraDASelector'),
    'PixIntraDASelector middle': dict(type='PixIntraDASelector', median='middle', cap=1.0),
    'IASSelector': dict(type='IASSelector'),
    'IASSelector plain': dict(type='IASSelector', alpha=0.5, beta=0.5, gamma=1.0, rounding=False),
    'EntropyRankingSelector': dict(type='EntropyRankingSelector'),
    'EntropyRankingSelector percentile': dict(type='EntropyRankingSelector', rule='percentile', normalize=True),
}
FEWER = {
    'DASTSelector': 'portion down',
    'BDLSelector': 'portion up',
    'TopPortionSelector': 'portion down',
    'PixIntraDASelector': 'alpha up',
    'EntropyRankingSelector': 'portion down',
}
"""Which way of which argument labels fewer pixels. (In IAS's recursion alpha works both ways.)"""

probabilities = maps().map(lambda logits: logits.softmax(1))
UNORDERED = [name for name in SELECTORS if not name.startswith('IAS')]


def build(name: str, **changes) -> BaseSelector:
    return TASK_UTILS.build({**SELECTORS[name], **changes})


def statistics(selector: BaseSelector, prob: Tensor) -> ConfidenceHistogram:
    histogram = ConfidenceHistogram(prob.shape[1], selector.stride)
    confidence, label = prob.max(dim=1)
    histogram.update(label, confidence)
    return histogram


def label_images(selector: BaseSelector, prob: Tensor) -> Tensor:
    """Labels N,h,w of all images, as a round is made of them."""
    confidence, label = prob.max(dim=1)
    predictions = zip(label.to(torch.uint8).numpy(), confidence.numpy(), strict=True)
    thresholds = selector.image_thresholds(selector.thresholds(statistics(selector, prob)), predictions)
    rows = np.broadcast_to(thresholds, (len(prob), CLASSES)).copy()
    if selector.ranks_images:
        _, hard = selector.split(scores(selector, prob))
        rows[hard] = np.inf
    return torch.cat([selector.label(image[None], row) for image, row in zip(prob, rows, strict=True)])


def scores(selector: BaseSelector, prob: Tensor) -> np.ndarray:
    return np.array([selector.image_score(image) for image in prob])


def assert_within(fewer: Tensor, more: Tensor) -> None:
    """Every pixel labelled in one is labelled in the other."""
    assert not ((fewer != 255) & (more == 255)).any()


def test_the_table_has_every_selector():
    registered = {name for name, cls in TASK_UTILS.module_dict.items() if issubclass(cls, BaseSelector)}
    assert {name.split()[0] for name in SELECTORS} == registered


@pytest.mark.parametrize('name', SELECTORS)
@given(prob=probabilities)
def test_labels_are_the_argmax_or_255(name, prob):
    selector = build(name)
    labels = label_images(selector, prob)
    assert labels.dtype == torch.uint8 and labels.shape == prob[:, 0].shape
    labelled = labels != 255
    value = prob
    if not selector.one_pass:
        # DAST and PixIntraDA label with the best of the classes that pass, also where another is more probable.
        thresholds = torch.from_numpy(selector.thresholds(statistics(selector, prob))).view(-1, 1, 1)
        dast = name.startswith('DAST')
        value = prob / thresholds.float() if dast else prob.where(prob > selector.alpha * thresholds, -1)
        assert torch.equal(labelled, value.amax(dim=1) >= (1 if dast else 0))
    chosen = value.gather(1, labels.long().where(labelled, 0)[:, None])[:, 0]
    assert torch.equal(chosen[labelled], value.amax(dim=1)[labelled])


@pytest.mark.parametrize('name', SELECTORS)
@given(prob=probabilities, low=st.floats(0.1, 1), more=st.floats(0, 1))
def test_a_higher_threshold_never_labels_more(name, prob, low, more):
    selector = build(name)
    thresholds = np.linspace(low, (low + 1) / 2, CLASSES)
    assert_within(selector.label(prob, thresholds + more), selector.label(prob, thresholds))


@pytest.mark.parametrize('name', [name for name in SELECTORS if name.split()[0] in FEWER])
@given(prob=probabilities, shares=st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted))
def test_a_stricter_argument_never_labels_more(name, prob, shares):
    argument, way = FEWER[name.split()[0]].split()
    fewer, more = shares if way == 'down' else shares[::-1]
    assert_within(*(label_images(build(name, **{argument: share}), prob) for share in (fewer, more)))


@pytest.mark.parametrize('name', UNORDERED)
@given(prob=maps(images=3).map(lambda logits: logits.softmax(1)), order=st.permutations(range(3)))
def test_the_order_of_the_images_does_not_matter(name, prob, order):
    selector = build(name)
    if selector.ranks_images:  # images of equal entropy are ranked in their order
        assume(len(set(scores(selector, prob))) == len(prob))
    assert torch.equal(label_images(selector, prob[list(order)]), label_images(selector, prob)[list(order)])


@pytest.mark.parametrize('name', SELECTORS)
@given(prob=probabilities)
def test_thresholds_of_nothing(name, prob):
    """A set without a pixel has thresholds, so that a class that is never predicted stops nobody."""
    selector = build(name)
    thresholds = selector.thresholds(ConfidenceHistogram(CLASSES, selector.stride))
    assert thresholds.shape == (CLASSES,)
    labels = selector.label(prob, thresholds)
    assert ((labels < CLASSES) | (labels == 255)).all()


@pytest.mark.parametrize('name', [name for name in SELECTORS if name not in UNORDERED])
@given(prob=maps(images=3).map(lambda logits: logits.softmax(1)), first=st.integers(1, 3))
def test_a_recursion_knows_the_images_before_alone(name, prob, first):
    selector = build(name)
    confidence, label = prob.max(dim=1)
    predictions = list(zip(label.numpy(), confidence.numpy(), strict=True))
    start = selector.thresholds(ConfidenceHistogram(CLASSES))
    whole = selector.image_thresholds(start, predictions)
    assert (whole > 0).all() and (whole < 1).all()
    np.testing.assert_array_equal(selector.image_thresholds(start, predictions[:first]), whole[:first])
