"""Which pixels of the target images get a pseudo label.

A selector turns confidence statistics of the whole target set into thresholds and thresholds
into labels. Labels equal those of the rule evaluated by sorting all confidences, except where a
probability is within 1e-6 of a threshold (see :class:`ConfidenceHistogram`).
"""

import math
from abc import ABCMeta, abstractmethod

import numpy as np
import torch
from mmseg.registry import TASK_UTILS
from torch import Tensor

from mmseg_uda.pseudo_labels.histogram import ConfidenceHistogram

IGNORE_INDEX = 255
ORDERS = ('logits_first', 'probs_first')


class BaseSelector(metaclass=ABCMeta):
    """Base class of selectors.

    Subclasses implement :meth:`thresholds` and either :meth:`select` (labels are the argmax; one
    prediction of each image is enough) or :meth:`label` (labels need all C probabilities and the
    thresholds, ``one_pass = False``: each image is predicted twice).

    Args:
        portion (float): Share in [0, 1] of a list of confidences that decides the threshold.
        order (str): How low-resolution logits become probabilities at input size.
            ``'logits_first'``: upsample logits, then softmax (DAST, CRST); ``'probs_first'``:
            softmax, then upsample probabilities (BDL, FDA).
        stride (int): See :class:`ConfidenceHistogram`.
    """

    one_pass: bool = True

    def __init__(self, portion: float, order: str = 'logits_first', stride: int = 1) -> None:
        if not 0 <= portion <= 1:
            raise ValueError(f'selector: portion must be in [0, 1], got {portion}')
        if order not in ORDERS:
            raise ValueError(f'selector: order must be one of {ORDERS}, got {order!r}')
        if stride < 1:
            raise ValueError(f'selector: stride must be at least 1, got {stride}')
        self.portion = portion
        self.order = order
        self.stride = stride

    @abstractmethod
    def thresholds(self, histogram: ConfidenceHistogram) -> np.ndarray:
        """Thresholds, float64 [C], from the statistics of the whole target set."""

    def select(self, label: Tensor, confidence: Tensor, thresholds: np.ndarray) -> Tensor:
        """Keep the argmax where its confidence reaches the threshold of its class.

        Args:
            label (Tensor): Argmax classes, integer, shape (N, H, W).
            confidence (Tensor): Their probabilities, shape (N, H, W).
            thresholds (np.ndarray): What :meth:`thresholds` returned.

        Returns:
            Tensor: uint8 labels, shape (N, H, W), 255 = ignored.
        """
        table = torch.from_numpy(thresholds).to(label.device)
        # float32 against float64 compares exactly, as numpy does in released code.
        kept = confidence.double() >= table[label.long()]
        return torch.where(kept, label, IGNORE_INDEX).to(torch.uint8)

    def label(self, prob: Tensor, thresholds: np.ndarray) -> Tensor:
        """Label probability maps.

        Args:
            prob (Tensor): Probabilities, float, shape (N, C, H, W).
            thresholds (np.ndarray): What :meth:`thresholds` returned.

        Returns:
            Tensor: uint8 labels, shape (N, H, W), 255 = ignored.
        """
        confidence, label = prob.max(dim=1)
        return self.select(label, confidence, thresholds)


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
        portion (float): q. Defaults to 0.5.
        cap (float, optional): Upper bound of thresholds, None for none (CBST, CRST). Defaults
            to 0.9.
        stride (int): Of each image and class every stride-th confidence is listed. Defaults to 4.
        order (str): Defaults to ``'logits_first'``.
    """

    one_pass = False

    def __init__(
        self,
        portion: float = 0.5,
        cap: float | None = 0.9,
        stride: int = 4,
        order: str = 'logits_first',
    ) -> None:
        super().__init__(portion, order, stride)
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


@TASK_UTILS.register_module()
class BDLSelector(BaseSelector):
    """Class-wise thresholds of BDL's released code (its "median"), also used by FDA and others.

    Of the n confidences of class c in ascending order the threshold is the one at index
    ``round_half_even(n * portion)``, at most ``cap``, and 0 for a class that is never predicted.
    The label is the argmax where its probability is not below its class's threshold.

    Args:
        portion (float): 0.5 in BDL, 0.66 in FDA's multi-band transfer. Where the released index
            runs out of the list, the last element is taken. Defaults to 0.5.
        cap (float): Upper bound of thresholds. Defaults to 0.9.
        stride (int): Defaults to 1: all confidences are listed.
        order (str): Defaults to ``'probs_first'``.
    """

    def __init__(self, portion: float = 0.5, cap: float = 0.9, stride: int = 1, order: str = 'probs_first') -> None:
        super().__init__(portion, order, stride)
        self.cap = cap

    def thresholds(self, histogram: ConfidenceHistogram) -> np.ndarray:
        result = np.zeros(histogram.num_classes)
        for index, total in enumerate(histogram.totals.tolist()):
            if total:
                place = min(round(total * self.portion), total - 1)
                result[index] = min(histogram.order_statistic(place, index), self.cap)
        return result


@TASK_UTILS.register_module()
class TopPortionSelector(BaseSelector):
    """The most confident pixels whatever their class: the literal reading of DAST's paper.

    The threshold is the confidence ranked ``floor(portion * pixels)`` from the top, over the whole
    target set or over each image; the label is the argmax where its confidence reaches it.

    Args:
        portion (float): Share of pixels to keep. Defaults to 0.5.
        per (str): ``'dataset'`` or ``'image'``. With ``'image'`` each image has its own threshold,
            exact, and the reported thresholds are NaN. Defaults to ``'dataset'``.
        order (str): Defaults to ``'logits_first'``.
    """

    def __init__(self, portion: float = 0.5, per: str = 'dataset', order: str = 'logits_first') -> None:
        super().__init__(portion, order)
        if per not in ('dataset', 'image'):
            raise ValueError(f"selector: per must be 'dataset' or 'image', got {per!r}")
        self.per = per

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
