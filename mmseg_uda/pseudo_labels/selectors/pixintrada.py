"""PixIntraDA's split into easy and hard pixels: Yan et al., ACM MM 2021, Sec. 4.1."""

import numpy as np
import torch
from mmseg.registry import TASK_UTILS
from torch import Tensor

from mmseg_uda.errors import choice
from mmseg_uda.pseudo_labels.histogram import ConfidenceHistogram

from .base import IGNORE_INDEX, BaseSelector, check_share

MEDIANS = ('bdl', 'middle')


@TASK_UTILS.register_module()
class PixIntraDASelector(BaseSelector):
    r"""Easy pixels and their labels, Eq. 2 and 3 of PixIntraDA (no released code).

    :math:`t_k` is the median confidence of the pixels predicted as class k, at most ``cap``. A pixel
    is easy if any class passes, :math:`y_k > \alpha t_k`; its label is the argmax among the passing
    classes, which need not be the argmax of :math:`y`. All others are hard: 255. Eq. 4's proportion
    of easy pixels is the manifest's ``kept_portion``.

    A class that is never predicted has no median. The paper does not say what then; here
    :math:`t_k` is ``cap``. BDL's own convention, 0, would let such a class pass, and make the pixel
    easy, wherever its probability is not exactly 0.

    "The median of all confidence values of class k" could also mean the values :math:`y_k` of all
    pixels. Most of them are close to 0, so that reading would make nearly every pixel easy; it is
    not offered.

    Args:
        alpha: 0.85 for GTA5, 0.79 for SYNTHIA in the paper; larger values make fewer pixels
            easy.
        median: ``'bdl'``: element ``round_half_even(n / 2)`` of the n ascending confidences, as
            in BDL's released code, which the paper cites for its thresholds. ``'middle'``: the
            statistical median, between two elements where n is even.
        cap: Upper bound of :math:`t_k`.
        order: ``'logits_first'`` is how Sec. 5.1 describes the network; BDL's released code is ``'probs_first'``.
    """

    one_pass = False

    def __init__(
        self,
        alpha: float = 0.85,
        median: str = 'bdl',
        cap: float = 0.9,
        order: str = 'logits_first',
    ) -> None:
        check_share(alpha=alpha)
        super().__init__(order)
        self.alpha = alpha
        self.median = choice('selector: median', median, MEDIANS)
        self.cap = cap

    def thresholds(self, histogram: ConfidenceHistogram) -> np.ndarray:
        """:math:`t_k`, not yet scaled by alpha."""
        result = np.full(histogram.num_classes, self.cap)
        for index, total in enumerate(histogram.totals.tolist()):
            if total:
                places = (round(total / 2),) if self.median == 'bdl' else ((total - 1) // 2, total // 2)
                # Upper edges, because Eq. 2 is strict. Places stay below total: round(1 / 2) is 0.
                values = [histogram.order_statistic(place, index, edge='upper') for place in places]
                result[index] = min(np.mean(values), self.cap)
        return result

    def label(self, prob: Tensor, thresholds: np.ndarray) -> Tensor:
        table = torch.from_numpy(self.alpha * thresholds).to(prob.device)
        # A float32 map against a float64 table compares exactly.
        passing = prob > table.view(1, -1, 1, 1)
        value, label = prob.where(passing, -1).max(dim=1)
        return torch.where(value >= 0, label, IGNORE_INDEX).to(torch.uint8)
