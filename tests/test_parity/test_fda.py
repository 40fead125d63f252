"""FDA's amplitude swap: the released NumPy function, and both readings of its training code."""

import numpy as np
import pytest

from mmseg_uda.datasets.transforms.fourier import swap_amplitude

from .parity import assert_close, cases

READINGS = dict(np=('centered', 'half'), torch_irfft=('corner', 'half'), torch_realifft=('corner', 'full'))
RTOL = 1e-9


def images(case) -> tuple[np.ndarray, np.ndarray]:
    return tuple(case[key].transpose(1, 2, 0).astype(np.float64) for key in ('src', 'trg'))


@pytest.mark.parametrize('reading', READINGS)
@pytest.mark.parametrize('case', cases('fda.npz'), ids=str)
def test_swapped_images(case, reading):
    window, inverse = READINGS[reading]
    for i, beta in enumerate(case['Ls']):
        out = swap_amplitude(*images(case), beta, window, inverse).transpose(2, 0, 1)
        assert_close(out[:, :: case['sub'], :: case['sub']], case[f'out_{reading}_L{i}'], rtol=RTOL)


@pytest.mark.parametrize('case', cases('fda.npz'), ids=str)
def test_window(case):
    """2b + 1 frequencies a side are the target's, all others the source's."""
    source, target = images(case)
    for i, beta in enumerate(case['Ls']):
        b = case[f'b_L{i}']
        amplitude, of_source, of_target = (
            np.fft.fftshift(np.abs(np.fft.fft2(x, axes=(0, 1))), axes=(0, 1))
            for x in (swap_amplitude(source, target, beta), source, target)
        )
        y, x = (n // 2 for n in source.shape[:2])
        low = slice(y - b, y + b + 1), slice(x - b, x + b + 1)
        of_source[low] = of_target[low]
        assert_close(amplitude, of_source, rtol=RTOL)
        assert_close(swap_amplitude(source, target, beta, inverse='full'), swap_amplitude(source, target, beta), RTOL)
