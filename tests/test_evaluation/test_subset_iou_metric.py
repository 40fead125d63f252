import io
import logging
import math
import os

import numpy as np
import pytest
import torch
from mmengine.evaluator import Evaluator
from mmengine.logging import MMLogger
from mmengine.registry import DefaultScope
from mmengine.structures import PixelData
from mmseg.registry import METRICS
from mmseg.structures import SegDataSample
from PIL import Image

from mmseg_uda.datasets import CITYSCAPES_19
from mmseg_uda.errors import UserError
from mmseg_uda.evaluation import SubsetIoUMetric
from tests.ranks import run_on_ranks

CLASSES = ('road', 'car', 'sky', 'bus')
SUBSETS = dict(moving=['car', 'bus'], first=['road', 'car', 'sky'])


def make_sample(truth, prediction, path='x.png'):
    sample = SegDataSample(metainfo=dict(img_path=path, seg_map_path=path))
    sample.gt_sem_seg = PixelData(data=torch.as_tensor(truth)[None])
    sample.pred_sem_seg = PixelData(data=torch.as_tensor(prediction)[None])
    return sample.to_dict()


def make_metric(**kwargs):
    metric = SubsetIoUMetric(**kwargs)
    metric.dataset_meta = dict(classes=CLASSES)
    return metric


def random_pairs(count=3, seed=0, classes=4):
    rng = np.random.default_rng(seed)
    pairs = []
    for _ in range(count):
        truth = rng.integers(0, classes, (12, 16))
        prediction = np.where(rng.random((12, 16)) < 0.6, truth, rng.integers(0, 4, (12, 16)))
        truth[rng.random((12, 16)) < 0.1] = 255
        pairs.append((truth, prediction))
    return pairs


def reference_iou(pairs, c, inside=None):
    """IoU of one class, in percent, counted pixel by pixel."""
    hits = union = present = 0
    for truth, prediction in pairs:
        for t, p in zip(truth.ravel(), prediction.ravel(), strict=True):
            if t == 255 or (inside is not None and t not in inside):
                continue
            hits += t == c and p == c
            union += t == c or p == c
            present += t == c
    return 100 * hits / union if present else math.nan


def evaluate(metric, pairs):
    metric.process({}, [make_sample(*pair) for pair in pairs])
    return metric.evaluate(len(pairs))


@pytest.mark.parametrize('outside', ['count', 'ignore'])
def test_against_counting_by_hand(outside):
    pairs = random_pairs()
    result = evaluate(make_metric(subsets=SUBSETS, outside=outside), pairs)
    full = [reference_iou(pairs, c) for c in range(4)]
    assert [result[f'IoU.{name}'] for name in CLASSES] == pytest.approx(full)
    assert result['mIoU'] == pytest.approx(np.mean(full))
    for name, members in dict(moving=[1, 3], first=[0, 1, 2]).items():
        inside = members if outside == 'ignore' else None
        expected = np.mean([reference_iou(pairs, c, inside) for c in members])
        assert result[name] == pytest.approx(expected)
    valid = [(t[t != 255], p[t != 255]) for t, p in pairs]
    truth, prediction = (np.concatenate(x) for x in zip(*valid, strict=True))
    assert result['aAcc'] == pytest.approx(100 * (truth == prediction).mean())
    recall = [(prediction[truth == c] == c).mean() for c in range(4)]
    assert result['mAcc'] == pytest.approx(100 * np.mean(recall))
    assert all(type(value) is float for value in result.values())


def test_outside_matters():
    pairs = random_pairs()
    counted, ignored = (
        evaluate(make_metric(subsets=SUBSETS, outside=outside), pairs)['moving'] for outside in ('count', 'ignore')
    )
    assert ignored > counted + 5


def test_agrees_with_mmseg_when_every_class_occurs():
    pairs = random_pairs()
    theirs = METRICS.get('IoUMetric')()
    theirs.dataset_meta = dict(classes=CLASSES)
    expected, result = evaluate(theirs, pairs), evaluate(make_metric(), pairs)
    for key in ('aAcc', 'mIoU', 'mAcc'):
        assert result[key] == pytest.approx(expected[key], abs=0.01)


def test_class_without_ground_truth_is_left_out():
    pairs = random_pairs(classes=3)  # no bus, though it is predicted
    result = evaluate(make_metric(subsets=SUBSETS), pairs)
    assert math.isnan(result['IoU.bus'])
    assert result['mIoU'] == pytest.approx(np.mean([reference_iou(pairs, c) for c in range(3)]))
    assert result['moving'] == pytest.approx(reference_iou(pairs, 1))


def test_counts_above_two_to_the_24():
    metric = make_metric()
    big, small = torch.zeros(4, 4, dtype=torch.int64), torch.zeros(4, 4, dtype=torch.int64)
    big[0, 0] = big[1, 1] = 2**24
    small[0, 1] = 1  # in float32, 2**24 + 1 == 2**24
    result = metric.compute_metrics([big, *[small] * 1000])
    assert result['IoU.road'] == 100 * 2**24 / (2**24 + 1000)
    counts = metric.intersect_and_union(torch.zeros(2, 2), torch.zeros(2, 2), 4, 255)
    assert counts.dtype == torch.int64


def test_table_shows_classes_and_subsets():
    logger, shown = MMLogger.get_current_instance(), io.StringIO()
    handler = logging.StreamHandler(shown)
    logger.addHandler(handler)
    evaluate(make_metric(subsets=SUBSETS), random_pairs())
    logger.removeHandler(handler)
    words = (*CLASSES, *SUBSETS, 'mean', 'IoU', 'Acc')
    assert all(word in shown.getvalue() for word in words)


@pytest.mark.parametrize('format_only', [False, True])
def test_predictions_are_saved(tmp_path, format_only):
    # the keys MMSeg's tools/test.py --out sets
    metric = make_metric(output_dir=str(tmp_path), keep_results=True, format_only=format_only)
    truth, prediction = random_pairs(1)[0]
    metric.process({}, [make_sample(truth, prediction, 'a/b/street.png')])
    assert (np.asarray(Image.open(tmp_path / 'street.png')) == prediction).all()
    assert ('mIoU' in metric.evaluate(1)) is not format_only


def test_named_subset_and_evaluator():
    with DefaultScope.overwrite_default_scope('mmseg'):
        evaluator = Evaluator(dict(type='SubsetIoUMetric', subsets=dict(mIoU16='SYNTHIA_16')))
    evaluator.dataset_meta = dict(classes=CITYSCAPES_19)
    pair = (np.array([[0, 9]]), np.array([[0, 0]]))
    evaluator.process([make_sample(*pair)], {})
    result = evaluator.evaluate(1)
    assert (result['mIoU'], result['mIoU16']) == (25.0, 50.0)


def test_mistakes():
    with pytest.raises(UserError, match=r"'moving' names classes .*'tram'"):
        make_metric(subsets=dict(moving=['tram']))
    with pytest.raises(UserError, match='outside'):
        SubsetIoUMetric(outside='drop')
    with pytest.raises(UserError, match='output_dir'):
        SubsetIoUMetric(format_only=True)
    with pytest.raises(UserError, match='taken'):
        SubsetIoUMetric(subsets=dict(mIoU=['road']))
    with pytest.raises(UserError, match='iou_metrics'):
        SubsetIoUMetric(iou_metrics=['mDice'])
    zeros = np.zeros((2, 2), int)
    with pytest.raises(UserError, match=r'a\.png: ground truth holds ids from 0 to 7'):
        make_metric().process({}, [make_sample(np.array([[0, 7], [0, 0]]), zeros, 'a.png')])
    with pytest.raises(UserError, match='after Resize'):
        make_metric().process({}, [make_sample(np.zeros((4, 4), int), zeros)])


def evaluate_on_rank(rank, folder):
    os.chdir(folder)
    pairs = random_pairs(3)
    mine = [pairs[0], pairs[2]] if rank == 0 else [pairs[1], pairs[0]]  # padded, as samplers do
    metric = make_metric(subsets=SUBSETS)
    metric.process({}, [make_sample(*pair) for pair in mine])
    torch.save(metric.evaluate(3), folder / f'{rank}.pt')


@pytest.mark.dist
def test_two_ranks_reduce_to_the_single_process_result(tmp_path):
    run_on_ranks(evaluate_on_rank, tmp_path)
    expected = evaluate(make_metric(subsets=SUBSETS), random_pairs(3))
    for rank in range(2):
        assert torch.load(tmp_path / f'{rank}.pt') == expected
    assert not (tmp_path / '.dist_test').exists(), 'it would stay in the current folder'


def test_mean_over_groups_of_images():
    pairs = random_pairs(6)
    metric = make_metric(subsets=SUBSETS, mean_over='style')
    for i, pair in enumerate(pairs):
        metric.process({}, [make_sample(*pair) | dict(style=i % 2)])
    whole = metric.compute_metrics(metric.results)
    for name in ('mIoU', 'aAcc', 'moving', 'IoU.car'):
        parts = []
        for style in (0, 1):
            single = make_metric(subsets=SUBSETS)
            single.process({}, [make_sample(*pair) for pair in pairs[style::2]])
            parts.append(single.compute_metrics(single.results)[name])
        assert parts[0] != parts[1] and whole[name] == pytest.approx(sum(parts) / 2)


def test_mean_over_something_samples_lack():
    metric = make_metric(mean_over='style')
    with pytest.raises(UserError, match=r"mean_over is 'style'.*meta_keys"):
        metric.process({}, [make_sample(*random_pairs(1)[0])])
