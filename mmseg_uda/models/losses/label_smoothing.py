"""Adaptive label smoothing (PLCA, Kang et al. 2020, Eq. 13)."""

from torch import Tensor


def adaptive_label_smoothing_loss(logits: Tensor, threshold: float | None = 10.0, detach_weight: bool = True) -> Tensor:
    """Keep the smoothness of predictions at a moderate level.

    With ``u`` the mean over classes of ``-log p``, the cross entropy with uniform labels, the mean over pixels of
    ``(u / threshold - 1) u``: predictions sharper than the threshold are smoothed, softer ones sharpened. 10 means a
    largest probability of about 0.999.

    Args:
        logits: N,C,h,w.
        threshold: The paper's lambda. None: plain label smoothing, the mean of ``u``.
        detach_weight: Whether the weight ``u / threshold - 1`` is a constant for gradients (released code). If not,
            the level at which nothing is pulled is half the threshold.

    Returns:
        Scalar.
    """
    uniform = -logits.log_softmax(dim=1).mean(dim=1)
    if threshold is None:
        return uniform.mean()
    weight = uniform / threshold - 1
    return ((weight.detach() if detach_weight else weight) * uniform).mean()
