import numpy as np
import pytest

from mmseg_uda.datasets.class_subsets import CITYSCAPES_PALETTE
from mmseg_uda.visualization import blend, paint_labels

LABEL = np.array([[0, 18], [255, 19]], np.uint8)


def test_paint_labels_is_bgr_and_black_elsewhere():
    painting = paint_labels(LABEL, CITYSCAPES_PALETTE)
    assert painting.dtype == np.uint8
    assert painting.tolist() == [[[128, 64, 128], [32, 11, 119]], [[0, 0, 0], [0, 0, 0]]]


def test_blend_weights_the_painting():
    image = np.full((2, 2, 3), 200, np.uint8)
    painting = np.zeros((2, 2, 3), np.uint8)
    assert (blend(image, painting, 0.25) == 150).all()
    assert (blend(image, painting, 1) == painting).all()
    assert (blend(image, painting, 0) == image).all()


@pytest.mark.parametrize(('shape', 'opacity'), [((2, 2, 3), 1.5), ((2, 3, 3), 0.5)])
def test_blend_refuses(shape, opacity):
    with pytest.raises(ValueError, match=r'opacity|painting'):
        blend(np.zeros(shape, np.uint8), np.zeros((2, 2, 3), np.uint8), opacity)
