import numpy as np
import pytest
from mmseg.registry import TRANSFORMS
from PIL import Image

import mmseg_uda.datasets  # noqa: F401  registers the transforms

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


class TestLoadPseudoLabels:
    def load(self, **results):
        results = dict(img=np.zeros((16, 32, 3), np.uint8), img_path='x.png', seg_fields=[]) | results
        return TRANSFORMS.build(dict(type='LoadPseudoLabels'))(results)

    def test_without_labels_nothing_happens(self):
        results = self.load()
        assert 'gt_seg_map' not in results and results['seg_fields'] == []

    def test_labels_take_part_in_augmentation(self, tmp_path):
        write_ids(tmp_path / 'a.png', pattern([0, 1, 255]))
        results = self.load(pseudo_label_path=str(tmp_path / 'a.png'))
        assert (results['gt_seg_map'] == pattern([0, 1, 255])).all()
        flip = TRANSFORMS.build(dict(type='RandomFlip', prob=1.0))
        assert (flip(results)['gt_seg_map'] == pattern([0, 1, 255])[:, ::-1]).all()

    def test_wrong_size_and_kind(self, tmp_path):
        path = tmp_path / 'a.png'
        write_ids(path, pattern([0], (8, 16)))
        with pytest.raises(ValueError, match=r'a\.png: the label is 16x8, .* x\.png is 32x16'):
            self.load(pseudo_label_path=str(path))
        write_image(path)
        with pytest.raises(ValueError, match='single-channel'):
            self.load(pseudo_label_path=str(path))
