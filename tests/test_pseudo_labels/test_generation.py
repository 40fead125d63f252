import copy
import json
import multiprocessing
import os
import shutil
import signal

import cv2
import numpy as np
import pytest
import torch
from mmseg.registry import DATASETS

from mmseg_uda.datasets import UnlabeledDataset
from mmseg_uda.errors import UserError
from mmseg_uda.pseudo_labels.generation import generate_pseudo_labels
from mmseg_uda.pseudo_labels.prediction import evaluating, target_probabilities
from mmseg_uda.pseudo_labels.rounds import Manifest
from mmseg_uda.pseudo_labels.target_images import build_target_images
from mmseg_uda.visualization.captions import draw_legend

from . import sorting
from .conftest import CLASSES, SIZE, build_model
from .helpers import files, labels

DAST = dict(type='DASTSelector', stride=1)
BDL = dict(type='BDLSelector')


def generate(model, target, out, selector=DAST, **options):
    return generate_pseudo_labels(model, build_target_images(target), selector, out, **dict(num_workers=0) | options)


def probabilities(model, target, order):
    dataset = build_target_images(target)
    batches = ({key: [value] for key, value in dataset[index].items()} for index in range(len(dataset)))
    with evaluating(model):
        return np.stack([target_probabilities(model, batch, order)[0].numpy() for batch in batches])


@pytest.mark.parametrize('selector', [DAST, BDL], ids=['dast', 'bdl'])
def test_round_equals_the_sorting_rule(model, target, tmp_path, selector):
    manifest = generate(model, target, tmp_path / 'round', selector)
    if selector is DAST:
        prob = probabilities(model, target, 'logits_first')
        thresholds, expected = sorting.dast(prob, 0.5, 0.9, 1)
        close = sorting.near_weighted(prob, thresholds)
    else:
        prob = probabilities(model, target, 'probs_first')
        thresholds, expected = sorting.bdl(prob, 0.5, 0.9)
        close = sorting.near(prob, thresholds)
    np.testing.assert_allclose(manifest.thresholds, thresholds, rtol=0, atol=2**-20)
    written = labels(tmp_path / 'round')
    actual = np.stack(list(written.values()))
    assert actual.dtype == np.uint8
    assert not ((actual != expected) & ~close).any()
    assert len(np.unique(actual)) > 3
    assert manifest.kept == [int((actual == c).sum()) for c in range(len(CLASSES))]
    assert manifest.predicted == [int((prob.argmax(1) == c).sum()) for c in range(len(CLASSES))]


def test_pixintrada_splits_the_pixels(model, target, tmp_path):
    manifest = generate(model, target, tmp_path / 'round', dict(type='PixIntraDASelector', alpha=1.0))
    prob = probabilities(model, target, 'logits_first')
    thresholds, expected = sorting.pixintrada(prob, 1.0)
    np.testing.assert_allclose(manifest.thresholds, thresholds, rtol=0, atol=2**-20)
    actual = np.stack(list(labels(tmp_path / 'round').values()))
    assert not ((actual != expected) & ~sorting.near_any(prob, thresholds)).any()
    assert (actual == 255).any() and len(np.unique(actual)) > 3
    assert manifest.kept_portion == (actual != 255).mean()  # Eq. 4


@pytest.mark.parametrize('options', [dict(), dict(batch_size=3, num_workers=2)], ids=str)
def test_ias_goes_from_image_to_image(model, target, tmp_path, options):
    rule = dict(alpha=0.5, beta=0.5, gamma=1.0)
    manifest = generate(model, target, tmp_path / 'round', dict(type='IASSelector', **rule), **options)
    prob = probabilities(model, target, 'logits_first')
    thresholds, expected = sorting.ias(prob, **rule)
    actual = np.stack(list(labels(tmp_path / 'round').values()))
    # Convolutions of a batch may round differently.
    assert (actual != expected).sum() <= (20 if options else 0)
    assert np.ptp(thresholds, axis=0).max() > 0.01
    assert manifest.thresholds == [None] * len(CLASSES)
    assert sorted(os.listdir(tmp_path / 'round')) == ['images.json', 'labels', 'manifest.json', 'overlays']


def test_layout_is_what_the_target_dataset_reads(model, target, tmp_path):
    manifest = generate(model, target, tmp_path / 'round', confidence=True, overlays=3)
    dataset = DATASETS.build({**target, 'pseudo_labels': str(tmp_path / 'round')})
    sample = dataset[5]['data_samples']
    assert sample.gt_sem_seg.data.shape == (1, *SIZE)
    name = 'bochum/bochum_000005_leftImg8bit'
    np.testing.assert_array_equal(sample.gt_sem_seg.data[0], labels(tmp_path / 'round')[name])
    stored = cv2.imread(str(tmp_path / 'round' / 'confidence' / f'{name}.png'), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(sample.pseudo_confidence.data[0], stored)
    assert len(list((tmp_path / 'round' / 'overlays').rglob('*.png'))) == 3
    assert sorted(os.listdir(tmp_path / 'round')) == [
        'confidence',
        'images.json',
        'labels',
        'manifest.json',
        'overlays',
    ]
    assert manifest.images == 7 and manifest.pixels == 7 * SIZE[0] * SIZE[1]
    assert sorted(os.listdir(tmp_path)) == ['round']


def test_confidence_is_within_half_a_step(model, target, tmp_path):
    generate(model, target, tmp_path / 'round', confidence=True)
    expected = probabilities(model, target, 'logits_first').max(1)
    paths = sorted((tmp_path / 'round' / 'confidence').rglob('*.png'))
    actual = np.stack([cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in paths]) / 255
    assert np.abs(actual - expected).max() <= 0.5 / 255 + 1e-6


def test_overlay_shows_the_palette(model, target, tmp_path):
    generate(model, target, tmp_path / 'round', overlays=1)
    dataset = build_target_images(target)
    name, label = next(iter(labels(tmp_path / 'round').items()))
    picture = cv2.imread(str(tmp_path / 'round' / 'overlays' / f'{name}.png')).astype(int)
    image = cv2.imread(dataset.get_data_info(0)['img_path'])
    image = cv2.resize(image, SIZE[::-1], interpolation=cv2.INTER_AREA).astype(int)
    colours = np.zeros((256, 3), int)
    colours[: len(CLASSES)] = np.array(dataset.metainfo['palette'])[:, ::-1]
    np.testing.assert_array_equal(picture[: SIZE[0], : SIZE[1]], np.round((image + colours[label]) / 2))
    legend = draw_legend(CLASSES, dataset.metainfo['palette'], SIZE[1])[..., ::-1]
    np.testing.assert_array_equal(picture[SIZE[0] :], legend)


def test_manifest_reads_back(model, target, tmp_path):
    made = generate(model, target, tmp_path / 'round', origin=dict(checkpoint='a.pth'))
    assert Manifest.read(tmp_path / 'round') == made
    content = json.loads((tmp_path / 'round' / 'manifest.json').read_text())
    assert content['selector'] == dict(type='DASTSelector', portion=0.5, cap=0.9, stride=1, order='logits_first')
    assert content['classes'] == list(CLASSES)
    assert content['origin'] == dict(checkpoint='a.pth')
    assert content['kept_portion'] == pytest.approx(sum(content['kept']) / content['pixels'])


def test_nothing_of_the_training_is_touched(model, target, tmp_path):
    model.train()
    model.backbone.layer2.eval()
    modes = [module.training for module in model.modules()]
    weights = copy.deepcopy(model.state_dict())
    states = torch.get_rng_state(), np.random.get_state()[1].copy()
    generate(model, target, tmp_path / 'round', num_workers=1)
    assert [module.training for module in model.modules()] == modes
    assert all(torch.equal(value, weights[name]) for name, value in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), states[0])
    np.testing.assert_array_equal(np.random.get_state()[1], states[1])


@pytest.mark.parametrize('options', [dict(num_workers=2), dict(batch_size=3)], ids=str)
def test_labels_do_not_depend_on_loading(model, target, tmp_path, options):
    generate(model, target, tmp_path / 'one', BDL)
    generate(model, target, tmp_path / 'other', BDL, **options)
    one, other = labels(tmp_path / 'one'), labels(tmp_path / 'other')
    assert one.keys() == other.keys()
    # Convolutions of a batch may round differently.
    assert sum((one[name] != other[name]).sum() for name in one) <= 2


def test_complete_round_is_reused(model, target, tmp_path):
    first = generate(model, target, tmp_path / 'round')
    marks = {path: path.stat().st_mtime_ns for path in (tmp_path / 'round').rglob('*')}
    assert generate(model, target, tmp_path / 'round') == first
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / 'round').rglob('*')} == marks


def test_other_rounds_are_replaced_only_on_request(model, target, tmp_path):
    first = generate(model, target, tmp_path / 'round')
    with pytest.raises(UserError, match='differs in the selector'):
        generate(model, target, tmp_path / 'round', BDL)
    with pytest.raises(UserError, match='lack of confidence maps'):
        generate(model, target, tmp_path / 'round', confidence=True)
    with torch.no_grad():
        model.decode_head.conv_seg.bias += torch.arange(5)
    with pytest.raises(UserError, match='differs in the weights'):
        generate(model, target, tmp_path / 'round')
    second = generate(model, target, tmp_path / 'round', overwrite=True)
    assert second.weights != first.weights and second.predicted != first.predicted
    assert sorted(os.listdir(tmp_path)) == ['round']


def test_other_images_of_the_same_number_get_a_round_of_their_own(model, target, images, tmp_path):
    folder = tmp_path / 'folder'
    shutil.copytree(images, folder)
    generate(model, target, tmp_path / 'round')
    moved = dict(target, data_root=str(folder))
    with pytest.raises(UserError, match='differs in the images'):
        generate(model, moved, tmp_path / 'round')
    first = generate(model, moved, tmp_path / 'round', overwrite=True)
    one = next(folder.rglob('*_leftImg8bit.png'))
    one.rename(one.with_name('aachen_new_leftImg8bit.png'))
    with pytest.raises(UserError, match='differs in the images'):
        generate(model, moved, tmp_path / 'round')
    second = generate(model, moved, tmp_path / 'round', overwrite=True)
    assert second.images == first.images
    assert any(name.endswith('aachen_new_leftImg8bit') for name in labels(tmp_path / 'round'))


def test_folders_of_others_are_left_alone(model, target, tmp_path):
    (tmp_path / 'round').mkdir()
    (tmp_path / 'round' / 'thesis.txt').write_text('mine')
    with pytest.raises(UserError, match=r'no manifest\.json'):
        generate(model, target, tmp_path / 'round', overwrite=True)
    assert os.listdir(tmp_path / 'round') == ['thesis.txt']


class Dying(UnlabeledDataset):
    """Kills its process at the third image."""

    def __getitem__(self, index):
        if index == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__getitem__(index)


def generate_and_die(target, out):
    model = build_model()
    dataset = build_target_images(target)
    dataset.__class__ = Dying
    generate_pseudo_labels(model, dataset, BDL, out, num_workers=0)


def test_killed_round_is_redone(model, target, tmp_path):
    process = multiprocessing.get_context('spawn').Process(target=generate_and_die, args=(target, tmp_path / 'round'))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert os.listdir(tmp_path) == ['.round.mmseg_uda.partial']
    assert list((tmp_path / '.round.mmseg_uda.partial').rglob('*.npy'))

    generate(model, target, tmp_path / 'round', BDL)
    generate(model, target, tmp_path / 'clean', BDL)
    assert sorted(os.listdir(tmp_path)) == ['clean', 'round']
    assert files(tmp_path / 'round') == files(tmp_path / 'clean')


def test_failed_round_leaves_nothing(model, target, tmp_path):
    with torch.no_grad():
        model.decode_head.conv_seg.bias[0] = float('nan')
    with pytest.raises(UserError, match='not finite'):
        generate(model, target, tmp_path / 'round')
    assert os.listdir(tmp_path) == []


def test_class_count_mismatch(model, target, tmp_path):
    target['metainfo'] = dict(classes=CLASSES[:4])
    with pytest.raises(UserError, match='predicts 5 classes, the target dataset has 4'):
        generate(model, target, tmp_path / 'round')


def test_two_images_of_one_name(model, target, tmp_path):
    dataset = build_target_images(target)
    info = dataset.get_data_info
    dataset.get_data_info = lambda index: info(0)
    with pytest.raises(UserError, match='two target images'):
        generate_pseudo_labels(model, dataset, DAST, tmp_path / 'round')


def test_random_pipelines_are_refused(target):
    target['pipeline'].insert(2, dict(type='RandomFlip', prob=0.5))
    with pytest.raises(UserError, match='random step RandomFlip'):
        build_target_images(target)
    steps = [step for step in target['pipeline'] if step['type'] != 'RandomFlip']
    assert len(build_target_images(target, steps)) == 7


def test_steps_behind_the_labels_place_are_left_out(target):
    """Random scale, crop and flip change image and label together, so labels are made before them."""
    target['pipeline'].insert(3, dict(type='RandomFlip', prob=0.5))
    steps = [type(step).__name__ for step in build_target_images(target).pipeline.transforms]
    assert steps == ['LoadImageFromFile', 'Resize', target['pipeline'][-1]['type']]


def test_a_part_that_repeats_another_is_refused(model, target, tmp_path):
    parts = [dict(data_prefix=dict(img_path=folder)) for folder in ('leftImg8bit', 'leftImg8bit/bochum')]
    with pytest.raises(UserError, match=r'two target images below .*leftImg8bit are called bochum/bochum_000004'):
        generate(model, dict(target, type='ConcatDataset', datasets=parts), tmp_path / 'round')
