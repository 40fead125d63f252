"""SAM's entropy analysis against a loop over pixels, and through MMEngine's evaluator on two ranks."""

import math

import pytest
import torch
from mmengine.config import Config
from mmengine.evaluator import Evaluator
from mmengine.structures import PixelData
from mmseg.registry import METRICS
from mmseg.structures import SegDataSample

from mmseg_uda.evaluation import EntropyIoUMetric, SubsetIoUMetric
from tests.conftest import ROOT
from tests.ranks import run_on_ranks

CLASSES = ('road', 'car', 'sky')


def make_samples(count: int = 4) -> list[SegDataSample]:
    """Random scores; the second image is right everywhere."""
    generator = torch.Generator().manual_seed(0)
    samples = []
    for i in range(count):
        logits = 2 * torch.randn(3, 5, 6, generator=generator)
        prediction = logits.argmax(dim=0)
        label = prediction.clone() if i == 1 else torch.randint(0, 3, (5, 6), generator=generator)
        label[0, :2] = 255
        samples.append(
            SegDataSample(
                metainfo=dict(img_path=f'{i}.png'),
                gt_sem_seg=PixelData(data=label[None].to(torch.uint8)),
                pred_sem_seg=PixelData(data=prediction[None]),
                seg_logits=PixelData(data=logits),
            )
        )
    return samples


def evaluate(samples: list[SegDataSample], size: int) -> dict[str, float]:
    metric = EntropyIoUMetric()
    evaluator = Evaluator(metric)
    evaluator.dataset_meta = dict(classes=CLASSES)
    for start in range(0, len(samples), 2):
        evaluator.process(data_samples=samples[start : start + 2])
    return evaluator.evaluate(size)


def by_hand(samples: list[SegDataSample], correct: bool) -> float:
    """Eq. 12 of each image's pixels of a group, and the mean over images that have some."""
    means = []
    for sample in samples:
        values = []
        for y in range(5):
            for x in range(6):
                label = sample.gt_sem_seg.data[0, y, x].item()
                scores = [math.exp(z) for z in sample.seg_logits.data[:, y, x].tolist()]
                p = [score / sum(scores) for score in scores]
                if label != 255 and (sample.pred_sem_seg.data[0, y, x].item() == label) == correct:
                    values.append(-sum(q * math.log(q) for q in p))
        if values:
            means.append(sum(values) / len(values))
    return sum(means) / len(means)


def test_entropy_of_correct_and_incorrect_pixels():
    samples = make_samples()
    metrics = evaluate(samples, len(samples))
    assert metrics['entropy.correct'] == pytest.approx(by_hand(samples, True), rel=1e-5)
    assert metrics['entropy.incorrect'] == pytest.approx(by_hand(samples, False), rel=1e-5)
    plain = SubsetIoUMetric()
    plain.dataset_meta = dict(classes=CLASSES)
    plain.process({}, [sample.to_dict() for sample in samples])
    expected = plain.compute_metrics(plain.results)
    assert {name: metrics[name] for name in expected} == pytest.approx(expected, nan_ok=True)


def evaluate_on_rank(rank, folder):
    torch.save(evaluate(make_samples()[rank::2], 4), folder / f'{rank}.pt')


def test_two_ranks_equal_one(tmp_path):
    run_on_ranks(evaluate_on_rank, tmp_path)
    expected = evaluate(make_samples(), 4)
    for rank in range(2):
        assert torch.load(tmp_path / f'{rank}.pt') == pytest.approx(expected)


def test_any_config_is_analysed_by_one_option():
    cfg = Config.fromfile(ROOT / 'configs/sam/sam_r101_syn2cs.py')
    cfg.merge_from_dict({'test_evaluator.type': 'EntropyIoUMetric'})
    assert METRICS.build(cfg.test_evaluator).subsets.keys() == {'mIoU16', 'mIoU13'}
