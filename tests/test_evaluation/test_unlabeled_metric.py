"""Numbers without labels against loops over pixels, and what they say of predictions that are known."""

import math

import pytest
import torch
from mmengine.evaluator import Evaluator
from mmengine.structures import PixelData

from mmseg_uda.evaluation.unlabeled_metric import neighborhood_density

from .test_entropy_metric import CLASSES, make_samples


def evaluate(samples: list, **options) -> dict[str, float]:
    evaluator = Evaluator(dict(type='UnlabeledMetric', **options))
    evaluator.dataset_meta = dict(classes=CLASSES)
    for start in range(0, len(samples), 2):
        evaluator.process(data_samples=samples[start : start + 2])
    return evaluator.evaluate(len(samples))


def probabilities(sample) -> list[list[float]]:
    """Of each pixel, row by row."""
    columns = sample.seg_logits.data.flatten(1).T.tolist()
    return [[math.exp(z) / sum(map(math.exp, column)) for z in column] for column in columns]


def entropy_of(distribution: list[float]) -> float:
    return -sum(p * math.log(p) for p in distribution if p)


def density_of(pixels: list[list[float]], temperature: float) -> float:
    total = 0
    for i, p in enumerate(pixels):
        cosines = [
            sum(a * b for a, b in zip(p, q, strict=True)) / math.hypot(*p) / math.hypot(*q)
            for j, q in enumerate(pixels)
            if j != i
        ]
        weights = [math.exp(cosine / temperature) for cosine in cosines]
        total += entropy_of([weight / sum(weights) for weight in weights])
    return total / len(pixels)


def test_against_loops_over_pixels():
    samples = make_samples()
    metrics = evaluate(samples, temperature=0.3)
    pixels = [probabilities(sample) for sample in samples]
    flat = [p for image in pixels for p in image]
    mean_entropy = sum(map(entropy_of, flat)) / len(flat)
    mean = [sum(p[c] for p in flat) / len(flat) for c in range(len(CLASSES))]
    assert metrics['unlabeled.entropy'] == pytest.approx(mean_entropy, rel=1e-5)
    assert metrics['unlabeled.information'] == pytest.approx(entropy_of(mean) - mean_entropy, rel=1e-4)
    densities = [density_of(image, 0.3) for image in pixels]
    assert metrics['unlabeled.density'] == pytest.approx(sum(densities) / len(densities), rel=1e-5)


def test_labels_are_not_read():
    samples, others = make_samples(), make_samples()
    for sample in others:
        del sample.gt_sem_seg
    assert evaluate(samples) == evaluate(others)


def test_what_is_known():
    """One class everywhere is sure but says nothing; two sure halves say log 2; the grid bounds the matrix."""
    samples = make_samples(2)
    for sample in samples:
        del sample.gt_sem_seg, sample.pred_sem_seg
        sample.seg_logits = PixelData(data=torch.full((3, 8, 8), -1e4))
        sample.seg_logits.data[0] = 0
    one = evaluate(samples)
    assert one['unlabeled.entropy'] == one['unlabeled.information'] == 0
    assert one['unlabeled.density'] == pytest.approx(math.log(63)), 'all are neighbours'
    assert evaluate(samples, cells=(2, 4))['unlabeled.density'] == pytest.approx(math.log(7))
    for sample in samples:
        sample.seg_logits.data[:, 4:] = sample.seg_logits.data[:, 4:].flip(0)
    two = evaluate(samples)
    assert two['unlabeled.information'] == pytest.approx(math.log(2))
    assert two['unlabeled.density'] == pytest.approx(math.log(31), rel=1e-4)


def test_a_pixel_far_from_all_others_has_them_all_alike():
    prob = torch.eye(4)
    assert neighborhood_density(prob).item() == pytest.approx(math.log(3))
