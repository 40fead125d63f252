"""What keeps self-training from being too sure of its pseudo labels.

- CRST: Zou et al., Confidence Regularized Self-Training, ICCV 2019 (MRKLD, soft labels of LRENT).
- IAST: Mei et al., Instance Adaptive Self-Training for Unsupervised Domain Adaptation, ECCV 2020.
"""

import torch
from torch import Tensor


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Average the chosen pixels; exactly 0, and connected to the graph, where none is chosen.

    Args:
        values: N,H,W.
        mask: N,H,W bool.

    Returns:
        Scalar.
    """
    return torch.where(mask, values, 0).sum() / mask.sum().clamp(min=1)


def kld_loss(logits: Tensor, mask: Tensor, image_weight: Tensor | None = None) -> Tensor:
    """Measure the divergence from the uniform distribution, ``-1/C sum_c log p_c``, averaged over labelled pixels.

    It is CRST's MRKLD and IAST's regularizer of confident pixels. CRST's released code multiplies by its weight
    twice, once as the weight of the term and once as the weight of each target image; the paper once. IAST's
    released code divides by C once more.

    Args:
        logits: N,C,H,W.
        mask: N,H,W bool, the labelled pixels.
        image_weight: N, weight of each image; the average counts labelled pixels of images whose weight is not 0.

    Returns:
        Scalar, at least log C; exactly 0, and connected to the graph, where no pixel is labelled.
    """
    values = -logits.log_softmax(dim=1).mean(dim=1)
    if image_weight is None:
        return masked_mean(values, mask)
    image_weight = image_weight.view(-1, 1, 1)
    return masked_mean(image_weight * values, mask & (image_weight != 0))


def masked_entropy_loss(logits: Tensor, mask: Tensor) -> Tensor:
    """Average the entropy ``-sum_c p_c log p_c`` of pixels without a label (IAST; its code divides by C too).

    Args:
        logits: N,C,H,W.
        mask: N,H,W bool, the pixels to make confident.

    Returns:
        Scalar in [0, log C]; exactly 0, and connected to the graph, where no pixel is chosen.
    """
    log_prob = logits.log_softmax(dim=1)
    return masked_mean(-(log_prob.exp() * log_prob).sum(dim=1), mask)


def soft_label_loss(logits: Tensor, soft: Tensor) -> Tensor:
    """Average the cross entropy with soft labels over labelled pixels (CRST's LRENT).

    Args:
        logits: N,C,H,W.
        soft: Soft labels N,C,H,W; all 0 at pixels without a label.

    Returns:
        Scalar; exactly 0, and connected to the graph, where no pixel is labelled.
    """
    return masked_mean(-(soft * logits.log_softmax(dim=1)).sum(dim=1), soft.sum(dim=1) != 0)
