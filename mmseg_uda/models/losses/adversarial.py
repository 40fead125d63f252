"""Adversarial losses on a discriminator's score map (AdaptSegNet, Tsai et al. 2018; LSGAN, Mao et al. 2017)."""

import torch
import torch.nn.functional as F
from torch import Tensor

from mmseg_uda.errors import choice

SOURCE, TARGET = 0.0, 1.0
"""Labels a discriminator learns: 0 for source, 1 for target, in every released code of this lineage."""

KINDS = ('bce', 'ls')


def domain_loss(score: Tensor, label: float, kind: str = 'bce') -> Tensor:
    """Measure how far a raw score map is from one domain's label, averaged over all its elements.

    Args:
        score: Raw discriminator output of any shape (no sigmoid).
        label: :data:`SOURCE` or :data:`TARGET`. The segmentor's adversarial term asks for SOURCE on target images.
        kind: ``'bce'`` is binary cross entropy with logits, ``'ls'`` the least squares of LSGAN (DAST).

    Returns:
        Scalar.

    Raises:
        UserError: For another ``kind``.
    """
    choice('kind of adversarial loss', kind, KINDS)
    distance = F.binary_cross_entropy_with_logits if kind == 'bce' else F.mse_loss
    return distance(score, torch.full_like(score, label))


def attention_weighted_loss(score: Tensor, attention: Tensor, label: float = SOURCE) -> Tensor:
    """Average ``a * (score - label)^2``: DAST's text, "we reweight L_adv^C with the attention map".

    Args:
        score: Corrector's raw score, N,1,h,w.
        attention: N,1,H,W, resized bilinearly (``align_corners``) to the score.
        label: :data:`SOURCE` for the segmentor's term on target images, :data:`TARGET` for the corrector's own.

    Returns:
        Scalar.
    """
    attention = F.interpolate(attention, size=score.shape[2:], mode='bilinear', align_corners=True)
    return (attention * (score - label).square()).mean()
