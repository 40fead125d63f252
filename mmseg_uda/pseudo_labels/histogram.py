"""Streaming per-class confidence histograms.

Every class-balanced selector asks for an order statistic of "the confidences of the pixels
predicted as class c". Released code keeps all of them and sorts; counting them into bins of
2^-20 answers the same question to within one bin, in memory that does not depend on the number
of images, and counts of several processes simply add up.
"""

import numpy as np
import torch
from mmengine.dist import all_reduce, get_world_size
from torch import Tensor

from mmseg_uda.errors import UserError

BIN_WIDTH = 2.0**-20
# One more bin than 2^20, so that a confidence of exactly 1 has its own.
NUM_BINS = 2**20 + 1


class ConfidenceHistogram:
    """Counts of confidences per predicted class, in bins of 2^-20 on [0, 1].

    The state is one integer array ``[num_classes, 2^20 + 1]``: 4 bytes a bin (80 MB for 19
    classes) while fewer than 2^31 pixels are counted, 8 bytes (160 MB) from there on.

    ``pixels`` [C] are the pixels predicted as each class, ``totals`` [C] those that were counted.

    Args:
        num_classes: Number of classes C.
        stride: Of each image's confidences of a class, listed in row-major order, elements
            0, stride, 2*stride, ... are counted.
    """

    def __init__(self, num_classes: int, stride: int = 1) -> None:
        if num_classes < 1 or stride < 1:
            raise ValueError(f'num_classes and stride must be at least 1, got {num_classes} and {stride}')
        self.num_classes = num_classes
        self.stride = stride
        self.counts = torch.zeros(num_classes, NUM_BINS, dtype=torch.int32)
        self.pixels = torch.zeros(num_classes, dtype=torch.int64)
        self.totals = torch.zeros(num_classes, dtype=torch.int64)

    def update(self, label: Tensor, confidence: Tensor) -> None:
        """Count a batch of predictions.

        Args:
            label: Predicted classes in ``[0, C)``, integer, shape (N, H, W).
            confidence: Their probabilities in [0, 1], shape (N, H, W).

        Raises:
            UserError: A confidence is not finite.
        """
        if not torch.isfinite(confidence).all():
            raise UserError(
                'the model predicts probabilities that are not finite: its weights or its input '
                'are broken, so no pseudo labels can be made from it'
            )
        for one_label, one_confidence in zip(label.cpu(), confidence.cpu(), strict=True):
            label_1d, confidence_1d = one_label.flatten().long(), one_confidence.flatten().float()
            pixels = torch.bincount(label_1d, minlength=self.num_classes)
            label_1d, confidence_1d = self._subsample(label_1d, confidence_1d)
            self._reserve(label_1d.numel())
            # Scaling by a power of two is exact, so a bin's lower edge falls into its own bin.
            # Upsampled probabilities may exceed 1 by a rounding error.
            bins = (confidence_1d * (NUM_BINS - 1)).long().clamp_(0, NUM_BINS - 1)
            ones = torch.ones((), dtype=self.counts.dtype).expand(bins.numel())
            self.counts.view(-1).scatter_add_(0, label_1d * NUM_BINS + bins, ones)
            self.pixels += pixels
            self.totals += (pixels + self.stride - 1) // self.stride

    def _subsample(self, label: Tensor, confidence: Tensor) -> tuple[Tensor, Tensor]:
        if self.stride == 1:
            return label, confidence
        kept = torch.cat(
            [(label == index).nonzero().squeeze(1)[:: self.stride] for index in torch.unique(label).tolist()]
        )
        return label[kept], confidence[kept]

    def _reserve(self, pixels: int) -> None:
        """Widen the counters before a bin could overflow."""
        if self.counts.dtype == torch.int32 and int(self.totals.sum()) + pixels > torch.iinfo(torch.int32).max:
            self.counts = self.counts.long()

    def all_reduce(self) -> None:
        """Add up the counts of all processes, in place; does nothing in a single process."""
        if get_world_size() == 1:
            return
        all_reduce(self.pixels, op='sum')
        all_reduce(self.totals, op='sum')
        self._reserve(0)
        for row in self.counts:  # class by class: one row at a time travels in int64
            total = row.long()
            all_reduce(total, op='sum')
            row.copy_(total)

    def order_statistic(self, index: int, label: int | None = None, edge: str = 'lower') -> float:
        """The confidence at a place of the ascending list, to within one bin.

        Args:
            index (int): Place in the ascending order, from 0.
            label (int, optional): Class whose list is meant; None for all classes together.
            edge (str): ``'lower'`` for rules that keep a pixel whose confidence equals the
                threshold, ``'upper'`` for strict rules. With the lower edge every pixel that the
                sorting rule keeps is kept; with the upper edge every one it ignores is ignored.

        Returns:
            float: An edge of the bin that holds the value, at most 2^-20 away from it.

        Raises:
            IndexError: The list has no such place.
        """
        row = self.counts.sum(0) if label is None else self.counts[label]
        total = self.totals.sum() if label is None else self.totals[label]
        if not 0 <= index < int(total):
            raise IndexError(f'index {index} is outside of a list of {int(total)} confidences')
        cumulative = np.cumsum(row.numpy(), dtype=np.int64)
        found = int(np.searchsorted(cumulative, index, side='right'))
        return (found + (edge == 'upper')) * BIN_WIDTH
