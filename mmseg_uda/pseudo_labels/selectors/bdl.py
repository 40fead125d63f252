"""BDL's class-wise thresholds, and FDA's."""

import numpy as np
from mmseg.registry import TASK_UTILS

from mmseg_uda.pseudo_labels.histogram import ConfidenceHistogram

from .base import BaseSelector, check_share


@TASK_UTILS.register_module()
class BDLSelector(BaseSelector):
    """Class-wise thresholds of BDL's released code (its "median"), also used by FDA and others.

    Of the n confidences of class c in ascending order the threshold is the one at index
    ``round_half_even(n * portion)``, at most ``cap``, and 0 for a class that is never predicted.
    The label is the argmax where its probability is not below its class's threshold.

    Args:
        portion: 0.5 in BDL, 0.66 in FDA's multi-band transfer. Where the released index
            runs out of the list, the last element is taken.
        cap: Upper bound of thresholds.
        stride: See :class:`BaseSelector`; the released code lists all confidences.
        order: See :class:`BaseSelector`.
    """

    def __init__(self, portion: float = 0.5, cap: float = 0.9, stride: int = 1, order: str = 'probs_first') -> None:
        check_share(portion=portion)
        super().__init__(order, stride)
        self.portion = portion
        self.cap = cap

    def thresholds(self, histogram: ConfidenceHistogram) -> np.ndarray:
        result = np.zeros(histogram.num_classes)
        for index, total in enumerate(histogram.totals.tolist()):
            if total:
                place = min(round(total * self.portion), total - 1)
                result[index] = min(histogram.order_statistic(place, index), self.cap)
        return result
