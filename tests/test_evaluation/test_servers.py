from zipfile import ZipFile

import cv2
import numpy as np
import pytest
import torch
from cityscapesscripts.evaluation import evalPixelLevelSemanticLabeling as official  # noqa: N813
from cityscapesscripts.helpers.labels import id2label, name2label

from mmseg_uda.datasets.class_subsets import CITYSCAPES_19, SYNTHIA_13, SYNTHIA_16
from mmseg_uda.errors import UserError
from mmseg_uda.evaluation import SubsetIoUMetric
from mmseg_uda.evaluation.servers import LABEL_IDS, SERVERS, TRAIN_IDS, find_test_images, id_table, submission
from mmseg_uda.utils.image_files import write_png


@pytest.mark.parametrize('classes', [CITYSCAPES_19, SYNTHIA_16, SYNTHIA_13, ('car', 'road')])
def test_ids_are_the_ones_of_cityscapesscripts(classes):
    for ids, key in ((LABEL_IDS, 'id'), (TRAIN_IDS, 'trainId')):
        table = id_table(classes, ids)
        assert table.dtype == np.uint8
        assert table.tolist() == [getattr(name2label[name], key) for name in classes]


def test_foreign_classes_are_named():
    with pytest.raises(UserError, match='no id for unicorn'):
        id_table(['road', 'unicorn'], TRAIN_IDS)


@pytest.mark.parametrize(
    ('name', 'wanted', 'others'),
    [
        (
            'cityscapes',
            ['leftImg8bit/test/berlin/berlin_000000_000019_leftImg8bit.png'],
            ['leftImg8bit/val/lindau/lindau_000000_000019_leftImg8bit.png', 'gtFine/test/berlin/berlin_color.png'],
        ),
        (
            'acdc',
            [
                f'rgb_anon/{c}/test/GP0{i}/GP0{i}_frame_000001_rgb_anon.png'
                for i, c in enumerate(('fog', 'night', 'snow'))
            ],
            ['rgb_anon/fog/val/GP1/GP1_rgb_anon.png', 'rgb_anon/fog/test_ref/GP1/GP1_rgb_ref_anon.png'],
        ),
        (
            'dark_zurich',
            ['rgb_anon/test/night/GOPR0364/GOPR0364_frame_000001_rgb_anon.png'],
            ['rgb_anon/val/night/GOPR0356/a_rgb_anon.png', 'rgb_anon/test_ref/day/GOPR0364_ref/b_ref_rgb_anon.png'],
        ),
    ],
)
def test_test_images_are_found_among_the_others(tmp_path, name, wanted, others):
    with pytest.raises(UserError, match='there is no image'):
        find_test_images(SERVERS[name], tmp_path)
    for path in others:
        write_png(tmp_path / path, np.zeros((2, 2), np.uint8))
    with pytest.raises(UserError, match=f'no test images of {SERVERS[name].name} .*give the root of the data set'):
        find_test_images(SERVERS[name], tmp_path)
    for path in wanted:
        write_png(tmp_path / path, np.zeros((2, 2), np.uint8))
    assert [path.relative_to(tmp_path).as_posix() for path in find_test_images(SERVERS[name], tmp_path)] == wanted


@pytest.mark.parametrize(('name', 'ids'), [('cityscapes', [26, 7]), ('acdc', [13, 0])])
def test_zip_of_labels(tmp_path, name, ids):
    label = np.array([[0, 1, 1]], np.uint8)
    with submission(tmp_path / 'a.zip', SERVERS[name], ['car', 'road']) as add:
        for stem in ('x_rgb_anon', 'y_rgb_anon'):
            add(f'{stem}.jpg', label, torch.zeros(2, 1, 3))
    assert [path.name for path in tmp_path.iterdir()] == ['a.zip']
    with ZipFile(tmp_path / 'a.zip') as archive:
        assert archive.namelist() == ['x_rgb_anon.png', 'y_rgb_anon.png']
        written = cv2.imdecode(np.frombuffer(archive.read('y_rgb_anon.png'), np.uint8), cv2.IMREAD_UNCHANGED)
    assert written.dtype == np.uint8 and np.array_equal(written, np.array(ids, np.uint8)[label])


def test_a_broken_off_submission_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt), submission(tmp_path / 'a.zip', SERVERS['acdc'], ['car']) as add:
        add('x.png', np.zeros((2, 2), np.uint8), torch.zeros(1, 2, 2))
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


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
    write_png(files[0], id_table(CITYSCAPES_19, LABEL_IDS)[prediction])
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
