"""Blocks of an image to be taken away (Hoyer et al., MIC, CVPR 2023, eq. 5)."""

import torch
from torch import Tensor
from torch.nn.functional import interpolate


def draw_block_noise(inputs: Tensor, block: int) -> Tensor:
    """Uniform numbers in [0, 1) for each block of each image, N,1,round(H / block),round(W / block)."""
    height, width = (max(round(side / block), 1) for side in inputs.shape[2:])
    return torch.rand(len(inputs), 1, height, width).to(inputs.device)


def block_mask(noise: Tensor, size: tuple[int, int], ratio: float) -> Tensor:
    """Mask of the blocks that are kept, those whose noise is above the ratio.

    Args:
        noise: One uniform number for each block, N,1,h,w.
        size: (H, W) of the images.
        ratio: Share of the blocks to take away, in [0, 1].

    Returns:
        N,1,H,W of the noise's type, 1 where the image is kept. Times *normalized* images, what is taken away has the
        mean color.
    """
    return interpolate((noise > ratio).to(noise), size=tuple(size), mode='nearest')
