"""The most confident pixels whatever their class."""

import math

import numpy as np
import torch
from mmseg.registry import TASK_UTILS
from torch import Tensor

from mmseg_uda.errors import choice
from mmseg_uda.pseudo_labels.histogram import ConfidenceHistogram

from .base import IGNORE_INDEX, BaseSelector, check_share


@TASK_UTILS.register_module()
class TopPortionSelector(BaseSelector):
    """The most confident pixels whatever their class: the literal reading of DAST's paper.

    The threshold is the confidence ranked ``floor(portion * pixels)`` from the top, over the whole
    target set or over each image; the label is the argmax where its confidence reaches it.

    Args:
        portion: Share of pixels to keep.
        per: ``'dataset'`` or ``'image'``. With ``'image'`` each image has its own threshold,
            exact, and the reported thresholds are NaN.
        order: See :class:`BaseSelector`.
    """

    def __init__(self, portion: float = 0.5, per: str = 'dataset', order: str = 'logits_first') -> None:
        check_share(portion=portion)
        super().__init__(order)
        self.portion = portion
        self.per = choice('selector: per', per, ('dataset', 'image'))

    def thresholds(self, histogram: ConfidenceHistogram) -> np.ndarray:
        if self.per == 'image':
            return np.full(histogram.num_classes, np.nan)
        total = int(histogram.totals.sum())
        rank = math.floor(total * self.portion)
        # No pixel at all: nothing reaches a threshold above 1.
        value = histogram.order_statistic(total - rank) if rank else np.inf
        return np.full(histogram.num_classes, value)

    def select(self, label: Tensor, confidence: Tensor, thresholds: np.ndarray) -> Tensor:
        if self.per == 'dataset':
            return super().select(label, confidence, thresholds)
        rank = math.floor(confidence[0].numel() * self.portion)
        if not rank:
            return torch.full_like(label, IGNORE_INDEX, dtype=torch.uint8)
        flat = confidence.flatten(1)
        threshold = flat.kthvalue(flat.shape[1] - rank + 1, dim=1).values
        kept = confidence >= threshold.view(-1, 1, 1)
        return torch.where(kept, label, IGNORE_INDEX).to(torch.uint8)
