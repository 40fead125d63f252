import numpy as np
import pytest

from mmseg_uda.visualization.painting import blend


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
