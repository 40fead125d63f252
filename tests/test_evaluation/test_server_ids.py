import cv2
import numpy as np
import pytest
import torch
from cityscapesscripts.evaluation import evalPixelLevelSemanticLabeling as official  # noqa: N813
from cityscapesscripts.helpers.labels import id2label, name2label

from mmseg_uda.datasets.class_subsets import CITYSCAPES_19, SYNTHIA_13, SYNTHIA_16
from mmseg_uda.errors import UserError
from mmseg_uda.evaluation import SubsetIoUMetric
from mmseg_uda.evaluation.server_ids import server_id_table
from mmseg_uda.utils.image_files import write_png


@pytest.mark.parametrize('classes', [CITYSCAPES_19, SYNTHIA_16, SYNTHIA_13, ('car', 'road')])
def test_ids_are_the_ones_of_cityscapesscripts(classes):
    table = server_id_table(classes)
    assert table.dtype == np.uint8 and table.shape == (256,)
    assert table[: len(classes)].tolist() == [name2label[name].id for name in classes]
    assert set(table[len(classes) :].tolist()) == {name2label['unlabeled'].id}


def test_foreign_classes_are_named():
    with pytest.raises(UserError, match='no label id for unicorn'):
        server_id_table(['road', 'unicorn'])


def test_cityscapesscripts_and_our_metric_agree(tmp_path):
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 34, (8, 16), dtype=np.uint8)
    truth = cv2.resize(coarse, (64, 32), interpolation=cv2.INTER_NEAREST)
    train_ids = np.array([id2label[i].trainId % 256 for i in range(34)], np.uint8)[truth]
    prediction = np.where(rng.random(truth.shape) < 0.6, train_ids % 19, rng.integers(0, 19, truth.shape))
    prediction = prediction.astype(np.uint8)
    files = [
        tmp_path / name for name in ('bern_000000_000019_leftImg8bit.png', 'bern_000000_000019_gtFine_labelIds.png')
    ]
    write_png(files[0], server_id_table(CITYSCAPES_19)[prediction])
    write_png(files[1], truth)

    official.args.quiet, official.args.JSONOutput, official.args.evalInstLevelScore = True, False, False
    scores = official.evaluateImgLists([str(files[0])], [str(files[1])], official.args)

    metric = SubsetIoUMetric()
    metric.dataset_meta = dict(classes=CITYSCAPES_19)
    counts = metric.intersect_and_union(torch.from_numpy(prediction), torch.from_numpy(train_ids), 19, 255)
    ours = metric.compute_metrics([counts])
    assert ours['mIoU'] == pytest.approx(100 * scores['averageScoreClasses'])
    for name in CITYSCAPES_19:
        assert ours[f'IoU.{name}'] == pytest.approx(100 * scores['classScores'][name], nan_ok=True)
