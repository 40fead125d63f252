"""The instance-adaptive selector of IAST: Mei et al., ECCV 2020.

https://github.com/bupt-ai-cz/IAST-ECCV2020
"""

from collections.abc import Iterable

import numpy as np
from mmseg.registry import TASK_UTILS

from mmseg_uda.errors import UserError
from mmseg_uda.pseudo_labels.histogram import ConfidenceHistogram

from .base import BaseSelector, check_share


@TASK_UTILS.register_module()
class IASSelector(BaseSelector):
    r"""Thresholds that move from image to image (IAST's released code, one image at a time).

    Each class starts at ``initial``. For every image, in the order of the dataset, let
    :math:`\theta` be the threshold so far and L the confidences of the image's pixels predicted as
    the class *and* :math:`\theta` itself. Then

    .. math:: \theta \leftarrow \beta \theta + (1 - \beta) \, \mathrm{percentile}(L, 100 (1 - \alpha \theta^\gamma))

    with linear interpolation, and 0.999 where that reaches 1. The image's label is the argmax where its
    probability is not below the updated threshold. A class that an image lacks keeps its threshold.

    The paper takes an element of the descending list, :math:`L[\alpha \theta^\gamma |L|]`, without the
    old threshold in it. In PixIntraDA (Table 6) the labelled pixels are the easy ones.

    The recursion runs in one process, over the predictions that the labelling keeps on disk, so labels
    do not depend on the number of processes. Exact: no histogram is involved.

    Args:
        alpha: Share of pixels to label.
        beta: Weight of the past.
        gamma: Larger values label fewer pixels of hard classes.
        initial: First threshold of every class.
        rounding: Round confidences to float16 and percentiles to float32, as released.
        order: See :class:`BaseSelector`.
    """

    def __init__(
        self,
        alpha: float = 0.2,
        beta: float = 0.9,
        gamma: float = 8.0,
        initial: float = 0.9,
        rounding: bool = True,
        order: str = 'logits_first',
    ) -> None:
        check_share(alpha=alpha, beta=beta, initial=initial)
        if gamma < 0:
            raise UserError(f'selector: gamma must not be negative, got {gamma}')
        super().__init__(order)
        self.alpha = alpha
        self.beta = beta
        self.gamma = gamma
        self.initial = initial
        self.rounding = rounding

    def thresholds(self, histogram: ConfidenceHistogram) -> np.ndarray:
        """Where the recursion starts."""
        return np.full(histogram.num_classes, self.initial)

    def image_thresholds(
        self, thresholds: np.ndarray, predictions: Iterable[tuple[np.ndarray, np.ndarray]]
    ) -> np.ndarray:
        rows = []
        for label, confidence in predictions:
            thresholds = self.updated(thresholds, label, confidence)
            rows.append(thresholds)
        return np.stack(rows)

    def updated(self, thresholds: np.ndarray, label: np.ndarray, confidence: np.ndarray) -> np.ndarray:
        """One step of the recursion.

        Args:
            thresholds: Before the image, float64 [C].
            label: Argmax classes (H, W).
            confidence: Their probabilities (H, W).

        Returns:
            For this image and before the next, float64 [C].
        """
        if self.rounding:
            confidence = confidence.astype(np.float16)
        percentiles = np.empty_like(thresholds)
        for index, threshold in enumerate(thresholds):
            values = np.append(confidence[label == index].astype(np.float64), threshold)
            percentiles[index] = np.percentile(values, 100 * (1 - self.alpha * threshold**self.gamma))
        if self.rounding:
            percentiles = percentiles.astype(np.float32)
        mixed = self.beta * thresholds + (1 - self.beta) * percentiles
        return np.where(mixed >= 1, 0.999, mixed)
