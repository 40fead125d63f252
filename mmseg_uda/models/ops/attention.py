"""Discriminator attention (DAST, Yu et al. 2021, "Design of Attention Mechanism")."""

from torch import Tensor


def discriminator_attention(score: Tensor) -> Tensor:
    """Compute ``tanh(|D(f)|)``, which equals the released code's ``|tanh(D(f))|``.

    Args:
        score: Raw discriminator score, N,1,h,w.

    Returns:
        N,1,h,w in [0, 1); large where the discriminator tells the domains apart, i.e. where features are poorly
        aligned.
    """
    return score.tanh().abs()


def attend(feature: Tensor, attention: Tensor) -> Tensor:
    """Apply residual attention, ``f + a * f``.

    Args:
        feature: N,C,h,w.
        attention: N,1,h,w, expanded over channels. Gradients flow through it too.

    Returns:
        N,C,h,w.
    """
    return feature + attention * feature
