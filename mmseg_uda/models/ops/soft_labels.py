"""Soft pseudo labels: CRST's LRENT, Zou et al., Confidence Regularized Self-Training, ICCV 2019."""

from torch import Tensor


def lrent(prob: Tensor, thresholds: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    r"""Make soft labels that keep some entropy, and say which pixels they hold for.

    :math:`s_c = (p_c / \lambda_c)^{1/a} / \sum_k (p_k / \lambda_k)^{1/a}` minimizes
    :math:`\sum_c -s_c \log p_c + a s_c \log s_c + s_c \log \lambda_c`. It is used where that minimum, the negative
    margin, is below 0; elsewhere the pixel has no label. As a tends to 0 the labels become those of CBST.

    Args:
        prob: Probabilities, N,C,H,W.
        thresholds: :math:`\lambda`, C in (0, 1]: those of ``DASTSelector(cap=None)``.
        temperature: a, above 0; "lr_weight_ent" in the released code.

    Returns:
        Soft labels N,C,H,W, summing to 1, and margins N,H,W: a pixel has a label where its margin is positive.
    """
    scaled = (prob / thresholds.to(prob).view(1, -1, 1, 1)).log() / temperature
    return scaled.softmax(dim=1), temperature * scaled.logsumexp(dim=1)
