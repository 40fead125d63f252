"""Maximum squares: Chen, Xue, Cai, Domain Adaptation for Semantic Segmentation with Maximum Squares Loss, ICCV 2019.

https://github.com/ZJULearning/MaxSquareLoss
"""

import torch
from torch import Tensor

from mmseg_uda.errors import choice

VARIANTS = ('paper', 'released')


def maximum_squares_loss(prob: Tensor, variant: str = 'paper') -> Tensor:
    """Average ``-1/2 sum_c p_c^2`` over pixels.

    Its gradient grows linearly with the probability, so that pixels which are easy already do not dominate as with
    entropy.

    Args:
        prob: Probabilities, N,C,H,W.
        variant: ``'paper'``, or ``'released'``: averaged over pixels and classes.

    Returns:
        Scalar.

    Raises:
        UserError: For another variant.
    """
    choice('variant', variant, VARIANTS)
    squares = prob.square() if variant == 'released' else prob.square().sum(dim=1)
    return -squares.mean() / 2


def image_wise_maximum_squares_loss(prob: Tensor, ratio: float = 0.2, variant: str = 'paper') -> Tensor:
    """Average maximum squares where each class of an image counts by its size, ``w_c = max(H_c^a n^(1 - a), 1)``.

    H_c of the image's n pixels have the argmax c, a is ``ratio``; weights are constants.

    Args:
        prob: Probabilities, N,C,H,W.
        ratio: a in [-1, 1]: 0 gives all classes the weight of the image, 1 averages class by class; below 0 large
            classes count more, and one without pixels not at all.
        variant: ``'paper'``: ``-sum_pixels sum_c p_c^2 / (2 w_c)``. ``'released'``:
            ``-sum_pixels sum_c p_c^2 / (C w_k)`` with k the argmax of the pixel. (The released code is right for one
            image only; here it is the mean over images.)

    Returns:
        Scalar, the mean over images.

    Raises:
        UserError: For another variant.
    """
    choice('variant', variant, VARIANTS)
    squares, label = prob.square(), prob.argmax(dim=1)
    pixels = label[0].numel()
    weight = (class_sizes(label, prob.shape[1]).to(prob) ** ratio * pixels ** (1 - ratio)).clamp(min=1)
    if variant == 'paper':
        weighted = squares.sum(dim=(2, 3)) / weight / 2
    else:
        weighted = squares.sum(dim=1).flatten(1) / weight.gather(1, label.flatten(1)) / prob.shape[1]
    return -weighted.sum() / prob.shape[0]


def class_sizes(label: Tensor, num_classes: int) -> Tensor:
    """Count the pixels of each class in each image, N,C int64.

    Args:
        label: Classes in [0, C), N,H,W int64.
        num_classes: C.
    """
    return torch.stack([image.bincount(minlength=num_classes) for image in label.flatten(1)])
