import numpy as np
import pytest
import torch
from mmseg.registry import TRANSFORMS
from PIL import Image, ImageFilter

import mmseg_uda.datasets  # noqa: F401  registers the transforms
from mmseg_uda.errors import UserError

from .folders import pattern, write_ids, write_image


def smooth_image(size=(96, 54), seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (size[1], size[0], 3), np.uint8)


@pytest.mark.parametrize('scale', [(40, 25), (200, 90)])
def test_resize_is_pillows_for_image_and_label(scale):
    image, label = smooth_image(), np.random.default_rng(1).integers(0, 19, (54, 96), np.uint8)
    resize = TRANSFORMS.build(
        dict(type='Resize', scale=scale, keep_ratio=False, backend='pillow', interpolation='bicubic')
    )
    results = resize(dict(img=image, gt_seg_map=label, seg_fields=['gt_seg_map']))
    expected = Image.fromarray(image).resize(scale, Image.Resampling.BICUBIC)
    assert (results['img'] == np.asarray(expected)).all()
    expected = Image.fromarray(label).resize(scale, Image.Resampling.NEAREST)
    assert (results['gt_seg_map'] == np.asarray(expected)).all()


def test_opencv_would_differ():
    """Why the configs name the backend: the default changes most pixels when it shrinks."""
    image, label = smooth_image(), np.random.default_rng(1).integers(0, 19, (54, 96), np.uint8)
    inputs = dict(gt_seg_map=label, seg_fields=['gt_seg_map'])
    pillow, opencv = (
        TRANSFORMS.build(dict(type='Resize', scale=(40, 25), backend=backend, interpolation='bicubic'))(
            dict(img=image, **inputs)
        )
        for backend in ('pillow', 'cv2')
    )
    assert (pillow['img'] != opencv['img']).mean() > 0.5
    assert (pillow['gt_seg_map'] != opencv['gt_seg_map']).mean() > 0.1


def test_margins_need_room():
    results = dict(img=np.zeros((16, 32, 3), np.uint8), seg_fields=[])
    with pytest.raises(UserError, match=r'\(8, 8, 0, 0\) leave nothing of an image of 32x16'):
        TRANSFORMS.build(dict(type='MarkMargins', margins=[8, 8, 0, 0]))(results)
    with pytest.raises(UserError, match='top, bottom, left, right'):
        TRANSFORMS.build(dict(type='MarkMargins', margins=[8, 8]))


class TestLoadPseudoLabels:
    def load(self, **results):
        results = dict(img=np.zeros((16, 32, 3), np.uint8), img_path='x.png', seg_fields=[]) | results
        return TRANSFORMS.build(dict(type='LoadPseudoLabels'))(results)

    def test_without_labels_nothing_happens(self):
        results = self.load()
        assert 'gt_seg_map' not in results and results['seg_fields'] == []

    def test_labels_of_another_size_follow_the_image_where_asked(self, tmp_path):
        ids = np.random.default_rng(0).integers(0, 19, (8, 16)).astype(np.uint8)
        write_ids(tmp_path / 'a.png', ids)
        results = dict(img=np.zeros((12, 24, 3), np.uint8), img_path='x.png', seg_fields=[])
        results |= dict(pseudo_label_path=str(tmp_path / 'a.png'))
        loaded = TRANSFORMS.build(dict(type='LoadPseudoLabels', resize=True))(dict(results, seg_fields=[]))
        expected = Image.fromarray(ids).resize((24, 12), Image.Resampling.NEAREST)
        assert (loaded['gt_seg_map'] == np.asarray(expected)).all()
        with pytest.raises(UserError, match='is 16x8, but the image'):
            self.load(**results)

    def test_labels_take_part_in_augmentation(self, tmp_path):
        write_ids(tmp_path / 'a.png', pattern([0, 1, 255]))
        results = self.load(pseudo_label_path=str(tmp_path / 'a.png'))
        assert (results['gt_seg_map'] == pattern([0, 1, 255])).all()
        flip = TRANSFORMS.build(dict(type='RandomFlip', prob=1.0))
        assert (flip(results)['gt_seg_map'] == pattern([0, 1, 255])[:, ::-1]).all()

    @pytest.mark.parametrize(
        ('key', 'what'), [('pseudo_label_path', 'label'), ('pseudo_confidence_path', 'confidence map')]
    )
    def test_wrong_size_and_kind(self, tmp_path, key, what):
        path = tmp_path / 'a.png'
        write_ids(path, pattern([0], (8, 16)))
        with pytest.raises(UserError, match=rf'a\.png: the {what} is 16x8, .* x\.png is 32x16'):
            self.load(**{key: str(path)})
        write_image(path)
        with pytest.raises(UserError, match=f'a {what} as an 8-bit single-channel'):
            self.load(**{key: str(path)})

    @pytest.mark.parametrize(
        'step',
        [
            dict(type='Resize', scale=(50, 20), backend='pillow'),
            dict(type='RandomResize', scale=(40, 20), ratio_range=(0.5, 2.0)),
            dict(type='RandomFlip', prob=1.0),
            dict(type='RandomCrop', crop_size=(8, 8), cat_max_ratio=0.75),
        ],
        ids=lambda step: step['type'],
    )
    def test_confidence_moves_with_the_labels(self, tmp_path, step):
        rng = np.random.default_rng(0)
        ids = rng.integers(0, 256, (16, 32), np.uint8)
        write_ids(tmp_path / 'a.png', ids)
        write_ids(tmp_path / 'b.png', 255 - ids)
        results = self.load(pseudo_label_path=str(tmp_path / 'a.png'), pseudo_confidence_path=str(tmp_path / 'b.png'))
        results = TRANSFORMS.build(step)(results)
        assert results['gt_seg_map'].shape == results['img'].shape[:2]
        assert not np.array_equal(results['gt_seg_map'], ids)
        assert (results['pseudo_confidence_map'] == 255 - results['gt_seg_map']).all()

    def test_crops_are_chosen_by_the_labels_alone(self, tmp_path):
        """One class on the left: its crops are refused, however the confidence looks."""
        ids = np.where(np.arange(32) < 16, 0, np.arange(32))[None].repeat(16, 0)
        write_ids(tmp_path / 'a.png', ids)
        write_ids(tmp_path / 'b.png', pattern([100]))
        crop = TRANSFORMS.build(dict(type='RandomCrop', crop_size=(8, 8), cat_max_ratio=0.75))
        np.random.seed(0)
        for _ in range(5):
            results = self.load(
                pseudo_label_path=str(tmp_path / 'a.png'), pseudo_confidence_path=str(tmp_path / 'b.png')
            )
            assert len(np.unique(crop(results)['gt_seg_map'])) > 1

    def test_packing(self, tmp_path):
        write_ids(tmp_path / 'a.png', pattern([0, 1, 255]))
        write_ids(tmp_path / 'b.png', pattern([200, 3]))
        pack = TRANSFORMS.build(dict(type='PackDomainInputs'))
        without = pack(self.load(pseudo_label_path=str(tmp_path / 'a.png')))['data_samples']
        assert 'gt_sem_seg' in without and 'pseudo_confidence' not in without
        results = self.load(pseudo_label_path=str(tmp_path / 'a.png'), pseudo_confidence_path=str(tmp_path / 'b.png'))
        flipped = TRANSFORMS.build(dict(type='RandomFlip', prob=1.0))(results)  # a view with negative strides
        sample = pack(flipped)['data_samples']
        assert sample.pseudo_confidence.data.dtype == torch.uint8
        assert (sample.pseudo_confidence.data[0].numpy() == pattern([200, 3])[:, ::-1]).all()
        assert (sample.gt_sem_seg.data[0].numpy() == pattern([0, 1, 255])[:, ::-1]).all()


class TestRandomGaussianBlur:
    def blurred(self, seed=0, **options):
        np.random.seed(seed)
        blur = TRANSFORMS.build(dict(type='RandomGaussianBlur', **options))
        return blur(dict(img=smooth_image()))['img']

    def test_is_pillows_of_a_random_radius(self):
        np.random.seed(0)
        np.random.rand()
        radius = np.random.uniform(0.5, 2)
        expected = Image.fromarray(smooth_image()).filter(ImageFilter.GaussianBlur(radius))
        assert (self.blurred(prob=1, radius=(0.5, 2)) == np.asarray(expected)).all()

    def test_as_often_as_asked(self):
        unchanged = [(self.blurred(seed, prob=0.3, radius=(1, 1)) == smooth_image()).all() for seed in range(200)]
        assert 0.6 < np.mean(unchanged) < 0.8

    @pytest.mark.parametrize('options', [dict(prob=1.5), dict(radius=(2, 1)), dict(radius=(-1, 1))])
    def test_wrong_arguments(self, options):
        with pytest.raises(UserError, match='RandomGaussianBlur'):
            self.blurred(**options)


class TestScoreAtThisSize:
    step = dict(type='ScoreAtThisSize')

    def test_predictions_are_brought_to_the_present_size(self):
        labels = np.zeros((54, 96), np.uint8)
        results = dict(img=smooth_image(), gt_seg_map=labels, ori_shape=(1024, 2048), seg_fields=['gt_seg_map'])
        packed = TRANSFORMS.build(dict(type='PackSegInputs'))(TRANSFORMS.build(self.step)(results))
        assert packed['data_samples'].ori_shape == (54, 96)

    @pytest.mark.parametrize('labels', [None, np.zeros((108, 192), np.uint8)])
    def test_labels_of_another_size_are_refused(self, labels):
        with pytest.raises(UserError, match='before Resize'):
            TRANSFORMS.build(self.step)(dict(img=smooth_image(), gt_seg_map=labels, seg_fields=[]))


@pytest.mark.parametrize('step', ['ScoreAtThisSize', 'LoadMappedAnnotations'])
def test_an_image_of_no_data_set_needs_no_labels(step):
    """MMSeg's inferencers give the pipeline images alone."""
    results = dict(img=smooth_image(), ori_shape=(1024, 2048))
    assert TRANSFORMS.build(dict(type=step))(dict(results)) == results
