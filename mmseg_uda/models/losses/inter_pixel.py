"""Distance of logits or features to their self-attended version (Chung et al. 2021, "SAM")."""

import torch.nn.functional as F
from torch import Tensor

from mmseg_uda.errors import choice

from ..ops.pixel_similarity import cosines

KINDS = ('l1', 'kl', 'cosine')


def inter_pixel_loss(z: Tensor, attended: Tensor, kind: str = 'l1', reduction: str = 'mean') -> Tensor:
    """Measure how far a map is from its self-attended version, which is held constant (Eq. 8, 9; Supplement B).

    Args:
        z: N,C,h,w.
        attended: N,C,h,w: ``z'`` (Eq. 9) or ``z'' = z + z'`` (Eq. 8). Detached here.
        kind: ``'l1'``; ``'kl'``: KL(softmax(attended) || softmax(z)) of each pixel; ``'cosine'``: negative cosine
            similarity of each pixel's two vectors.
        reduction: ``'mean'`` over elements (L1) or pixels (the others), so that a weight means the same at every
            size; ``'sum'`` is the norm as printed.

    Returns:
        Scalar.

    Raises:
        UserError: For another ``kind`` or ``reduction``.
    """
    choice('kind of distance', kind, KINDS)
    choice('reduction', reduction, ('mean', 'sum'))
    attended = attended.detach()
    if kind == 'l1':
        distance = (z - attended).abs()
    elif kind == 'kl':
        distance = F.kl_div(z.log_softmax(1), attended.log_softmax(1), reduction='none', log_target=True).sum(dim=1)
    else:
        distance = -cosines(z, attended)
    return distance.mean() if reduction == 'mean' else distance.sum()
