"""DAST's class-balanced rule, and CBST's."""

import math

import numpy as np
import torch
from mmseg.registry import TASK_UTILS
from torch import Tensor

from mmseg_uda.pseudo_labels.histogram import ConfidenceHistogram

from .base import IGNORE_INDEX, BaseSelector, check_share


@TASK_UTILS.register_module()
class DASTSelector(BaseSelector):
    r"""Class-balanced labels of DAST's released code (section 3.4 of the paper; after CBST).

    Of the n confidences listed for class c, :math:`\tau_c` is the m-th largest with
    :math:`m = \lfloor n q \rfloor`, at most ``cap``, and 1 where m is 0. The label is
    :math:`\arg\max_c p_c / \tau_c` where that ratio is at least 1 (so a probability equal to its
    threshold is kept). It need not be the argmax of :math:`p`.

    The paper's text says "the top q of the pixels" without classes: see
    :class:`TopPortionSelector`.

    Args:
        portion: q.
        cap: Upper bound of thresholds, None for none (CBST, CRST).
        stride: Of each image and class every stride-th confidence is listed.
        order: See :class:`BaseSelector`.
    """

    one_pass = False

    def __init__(
        self,
        portion: float = 0.5,
        cap: float | None = 0.9,
        stride: int = 4,
        order: str = 'logits_first',
    ) -> None:
        check_share(portion=portion)
        super().__init__(order, stride)
        self.portion = portion
        self.cap = cap

    def thresholds(self, histogram: ConfidenceHistogram) -> np.ndarray:
        result = np.ones(histogram.num_classes)
        for index, total in enumerate(histogram.totals.tolist()):
            rank = math.floor(total * self.portion)
            if rank:
                value = histogram.order_statistic(total - rank, index)
                # Released thresholds are float32; the division below must see the same number.
                result[index] = value if self.cap is None else np.float32(min(value, self.cap))
        return result

    def label(self, prob: Tensor, thresholds: np.ndarray) -> Tensor:
        table = torch.from_numpy(thresholds).to(prob)
        ratio, label = (prob / table.view(1, -1, 1, 1)).max(dim=1)
        return torch.where(ratio >= 1, label, IGNORE_INDEX).to(torch.uint8)
