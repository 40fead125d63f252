"""What a selector is: statistics of the whole target set become thresholds, thresholds become labels.

Labels equal those of the rule evaluated by sorting all confidences, except where a probability is
within 1e-6 of a threshold (see :class:`ConfidenceHistogram`).
"""

from abc import ABCMeta, abstractmethod
from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from mmseg_uda.errors import UserError, choice
from mmseg_uda.pseudo_labels.histogram import ConfidenceHistogram

IGNORE_INDEX = 255
ORDERS = ('logits_first', 'probs_first')


class BaseSelector(metaclass=ABCMeta):
    """Base class of selectors.

    Subclasses implement :meth:`thresholds` and either :meth:`select` (labels are the argmax; one
    prediction of each image is enough) or :meth:`label` (labels need all C probabilities and the
    thresholds, ``one_pass = False``: each image is predicted twice). Where thresholds differ from
    image to image they also implement :meth:`image_thresholds`; where whole images are left without
    labels, ``ranks_images = True``, :meth:`image_score` and :meth:`split`. Arguments are kept as
    attributes of their names: the manifest of a round lists them.

    Args:
        order: How low-resolution logits become probabilities at input size.
            ``'logits_first'``: upsample logits, then softmax (DAST, CRST); ``'probs_first'``:
            softmax, then upsample probabilities (BDL, FDA).
        stride: See :class:`ConfidenceHistogram`.
    """

    one_pass: bool = True
    ranks_images: bool = False

    def __init__(self, order: str = 'logits_first', stride: int = 1) -> None:
        if stride < 1:
            raise UserError(f'selector: stride must be at least 1, got {stride}')
        self.order = choice('selector: order', order, ORDERS)
        self.stride = stride

    @abstractmethod
    def thresholds(self, histogram: ConfidenceHistogram) -> np.ndarray:
        """Thresholds, float64 [C], from the statistics of the whole target set."""

    def image_thresholds(
        self, thresholds: np.ndarray, predictions: Iterable[tuple[np.ndarray, np.ndarray]]
    ) -> np.ndarray:
        """Thresholds of each image; called in one process only.

        Args:
            thresholds: What :meth:`thresholds` returned.
            predictions: For each of the n images, in the
                order of the dataset, its argmax classes (H, W) uint8 and their probabilities (H, W)
                float32. Read from disk as they are asked for; only with ``one_pass``.

        Returns:
            float64 [n, C], or [C] if all images have the same (the default).
        """
        return thresholds

    def image_score(self, prob: Tensor) -> float:
        """What an image is ranked by, from its probabilities (C, H, W); only with ``ranks_images``."""
        raise NotImplementedError

    def split(self, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Easy and hard images by the scores of all, [n]; hard ones get no label. Only with ``ranks_images``.

        Returns:
            Indices, each in rank order.
        """
        raise NotImplementedError

    def select(self, label: Tensor, confidence: Tensor, thresholds: np.ndarray) -> Tensor:
        """Keep the argmax where its confidence reaches the threshold of its class.

        Args:
            label: Argmax classes, integer, shape (N, H, W).
            confidence: Their probabilities, shape (N, H, W).
            thresholds: Those of the image, [C].

        Returns:
            uint8 labels, shape (N, H, W), 255 = ignored.
        """
        table = torch.from_numpy(thresholds).to(label.device)
        # float32 against float64 compares exactly, as numpy does in released code.
        kept = confidence.double() >= table[label.long()]
        return torch.where(kept, label, IGNORE_INDEX).to(torch.uint8)

    def label(self, prob: Tensor, thresholds: np.ndarray) -> Tensor:
        """Label probability maps.

        Args:
            prob: Probabilities, float, shape (N, C, H, W).
            thresholds: Those of the image, [C].

        Returns:
            uint8 labels, shape (N, H, W), 255 = ignored.
        """
        confidence, label = prob.max(dim=1)
        return self.select(label, confidence, thresholds)


def check_share(**arguments: float) -> None:
    """Refuse arguments of a selector that are no share in [0, 1], by name."""
    for name, value in arguments.items():
        if not 0 <= value <= 1:
            raise UserError(f'selector: {name} must be in [0, 1], got {value}')
