"""Lovasz-softmax (Berman et al., "The Lovasz-Softmax loss", CVPR 2018).

MMSeg's version gives NaN for a batch without valid pixels, fails on a single valid pixel, and takes differences of
float32 Jaccard losses that are a millionth apart.
"""

import torch
from torch import Tensor

from mmseg_uda.errors import choice


def lovasz_softmax_loss(
    prob: Tensor,
    labels: Tensor,
    classes: str = 'present',
    per_image: bool = False,
    ignore_index: int = 255,
) -> Tensor:
    """Average the Lovasz extension of the Jaccard loss over classes.

    Args:
        prob: Probabilities, N,C,H,W.
        labels: N,H,W integers.
        classes: ``'present'``: those that occur in the labels; ``'all'``: an absent class counts with the largest
            probability it gets somewhere.
        per_image: Mean of each image's loss, instead of the loss of all pixels at once.
        ignore_index: Label to leave out.

    Returns:
        Scalar in [0, 1]. Exactly 0, and connected to the graph, when no pixel is valid.

    Raises:
        UserError: For another ``classes``.
    """
    choice('classes of the Lovasz loss', classes, ('present', 'all'))
    if per_image:
        images = zip(prob.split(1), labels.split(1), strict=True)
        return torch.stack([lovasz_softmax_loss(*one, classes, False, ignore_index) for one in images]).mean()
    valid = labels != ignore_index
    prob, labels = prob.movedim(1, -1)[valid], labels[valid]
    if not len(labels):
        return prob.sum()
    chosen = labels.unique().tolist() if classes == 'present' else range(prob.shape[1])
    return torch.stack([_jaccard(prob[:, c], labels == c) for c in chosen]).mean()


def _jaccard(prob: Tensor, truth: Tensor) -> Tensor:
    """Loss of one class: sorted errors, weighted by what each adds to the Jaccard loss (Alg. 1)."""
    errors, order = (truth.to(prob.dtype) - prob).abs().sort(descending=True)
    truth = truth[order]
    union = truth.sum() + (~truth).cumsum(0)
    jaccard = 1 - (truth.sum() - truth.cumsum(0)).double() / union
    return errors @ jaccard.diff(prepend=jaccard.new_zeros(1)).to(errors.dtype)
