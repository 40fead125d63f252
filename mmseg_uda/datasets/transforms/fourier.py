"""Source images in the look of target images: FDA, Yang and Soatto, "FDA: Fourier Domain Adaptation for Semantic
Segmentation", CVPR 2020. https://github.com/YanchaoYang/FDA
"""

import os.path as osp
from collections.abc import Sequence

import mmcv
import numpy as np
from mmcv.transforms import BaseTransform
from mmengine import fileio
from mmseg.registry import TRANSFORMS

from mmseg_uda.errors import UserError, choice
from mmseg_uda.utils.image_files import IMAGE_SUFFIXES

from ..files import as_suffixes, list_files, suffix_of

WINDOWS = ('centered', 'corner')
INVERSES = ('half', 'full')


def swap_amplitude(
    source: np.ndarray,
    target: np.ndarray,
    beta: float,
    window: str = 'centered',
    inverse: str = 'half',
) -> np.ndarray:
    """Give ``source`` the low-frequency amplitudes of ``target``; its phase stays (Eq. 3 and 4).

    Args:
        source: (H, W, C) floats.
        target: Of the same shape.
        beta: Half the window's side as a share of the shorter side, ``b = floor(min(H, W) * beta)``; in [0, 0.5).
        window: ``'centered'``: frequencies -b..b (paper; the released NumPy function). ``'corner'``: -b..b-1, as the
            released training code has it; nothing at all for b = 0. It treats a frequency and its mirror image
            differently, so the changed spectrum is no real image's.
        inverse: What becomes of such a spectrum: ``'half'`` goes on with its non-negative half (what the transform
            of that code's time did), ``'full'`` takes the real part of the whole. Both are the same for
            ``'centered'``, and ``'half'`` takes half the time.

    Returns:
        (H, W, C), not clipped.
    """
    size = source.shape[:2]
    b = int(np.floor(min(size) * beta))
    frequencies = np.arange(-b, b + 1 if window == 'centered' else b)
    forward, columns = (np.fft.rfft2, frequencies[b:]) if inverse == 'half' else (np.fft.fft2, frequencies)
    low = np.ix_(frequencies, columns)  # negative frequencies lie at the end, where negative indices lead
    spectrum, style = forward(source, axes=(0, 1)), forward(target, axes=(0, 1))
    spectrum[low] = np.abs(style[low]) * np.exp(1j * np.angle(spectrum[low]))
    if inverse == 'half':
        return np.fft.irfft2(spectrum, s=size, axes=(0, 1))
    return np.fft.ifft2(spectrum, axes=(0, 1)).real


@TRANSFORMS.register_module()
class FourierStyleTransfer(BaseTransform):
    """Swap the low-frequency amplitudes of an image with those of a random target image (:func:`swap_amplitude`).

    It belongs into the source pipeline, after ``Resize`` and before augmentation and packing. The target image is
    resized to the image's size (Pillow, bicubic). Values are floats and, as in the released training code, not clipped
    to [0, 255].

    Required keys: ``img``, and ``sample_idx`` with a ``seed``. Modified: ``img``, (H, W, 3) float32. Added:
    ``fourier_beta``.

    Args:
        img_dir: Folder of target images, searched through all levels.
        img_suffix: End of their names, or several; every image format by default.
        beta: See :func:`swap_amplitude`, as the next two. The released commands use 0.01, 0.05 and 0.09.
        window: ``'centered'`` or ``'corner'``.
        inverse: ``'half'`` or ``'full'``.
        seed: None: the target image is drawn from NumPy's global generator, which
            :class:`~mmseg_uda.datasets.DomainPairDataset` seeds from the sampler. A number: each image of the data set
            has its own target image in every pass, for validation.
        backend_args: MMEngine's file backend.

    Raises:
        UserError: A switch is none of the above, beta is out of range, or there is no target image.
    """

    def __init__(
        self,
        img_dir: str,
        img_suffix: str | Sequence[str] = IMAGE_SUFFIXES,
        beta: float = 0.01,
        window: str = 'centered',
        inverse: str = 'half',
        seed: int | None = None,
        backend_args: dict | None = None,
    ) -> None:
        if not 0 <= beta < 0.5:
            raise UserError(f'FourierStyleTransfer: beta is {beta}, expected a number in [0, 0.5), such as 0.01')
        self.img_dir = img_dir
        self.img_suffix = img_suffix
        self.beta = beta
        self.window = choice('FourierStyleTransfer.window', window, WINDOWS)
        self.inverse = choice('FourierStyleTransfer.inverse', inverse, INVERSES)
        self.seed = seed
        self.backend_args = backend_args
        self.paths = self._target_images()

    def transform(self, results: dict) -> dict:
        source = results['img'].astype(np.float32)
        target = self._load(self._draw(results), source.shape[:2])
        styled = swap_amplitude(source, target, self.beta, self.window, self.inverse)
        results['img'] = styled.astype(np.float32)
        results['fourier_beta'] = self.beta
        return results

    def _target_images(self) -> list[str]:
        if not fileio.isdir(self.img_dir, backend_args=self.backend_args):
            raise UserError(
                f'FourierStyleTransfer: img_dir={self.img_dir!r} is not a folder. To fix: set img_dir of this step of '
                'the source pipeline to the folder of target images'
            )
        suffixes = as_suffixes(self.img_suffix)
        found = [file for file in list_files(self.img_dir, self.backend_args) if suffix_of(file, suffixes)]
        if not found:
            raise UserError(
                f'FourierStyleTransfer: no file *{" or *".join(suffixes)} below img_dir={self.img_dir!r}. To fix: '
                'correct img_dir or img_suffix of this step of the source pipeline'
            )
        return [osp.join(self.img_dir, file) for file in sorted(found)]

    def _draw(self, results: dict) -> str:
        if self.seed is None:
            return self.paths[np.random.randint(len(self.paths))]
        return self.paths[np.random.default_rng((self.seed, results['sample_idx'])).integers(len(self.paths))]

    def _load(self, path: str, size: tuple[int, int]) -> np.ndarray:
        content = fileio.get(path, backend_args=self.backend_args)
        image = mmcv.imfrombytes(content)
        if image is None:
            raise UserError(f'{path} is not an image that can be read (damaged, or of another format)')
        return mmcv.imresize(image, size[::-1], interpolation='bicubic', backend='pillow').astype(np.float32)

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(img_dir={self.img_dir!r}, beta={self.beta}, window={self.window!r}, '
            f'inverse={self.inverse!r}, seed={self.seed})'
        )
