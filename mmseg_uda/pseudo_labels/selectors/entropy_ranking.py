"""IntraDA's split into easy and hard images: Pan et al., CVPR 2020, Sec. 3.2.

https://github.com/feipan664/IntraDA
"""

import numpy as np
from mmseg.registry import TASK_UTILS
from torch import Tensor

from mmseg_uda.errors import choice
from mmseg_uda.pseudo_labels.histogram import ConfidenceHistogram
from mmseg_uda.pseudo_labels.image_ranking import RULES, image_entropy, rare_class_factor, split_images

from .base import BaseSelector, check_share


@TASK_UTILS.register_module()
class EntropyRankingSelector(BaseSelector):
    """Images of low mean entropy are easy and get their argmax as the label everywhere; the others get no label.

    Args:
        portion: Share of easy images, lambda.
        rule: ``'rank'``: the first ``int(n * portion)`` images of lowest entropy, as released;
            ``'percentile'``: those strictly below the percentile, as the paper says.
        normalize: Images that show many rare classes of Cityscapes rank as easier (``--normalize``
            of the released code).
        order: See :class:`BaseSelector`.
    """

    ranks_images = True

    def __init__(
        self,
        portion: float = 0.67,
        rule: str = 'rank',
        normalize: bool = False,
        order: str = 'logits_first',
    ) -> None:
        check_share(portion=portion)
        super().__init__(order)
        self.portion = portion
        self.rule = choice('selector: rule', rule, RULES)
        self.normalize = normalize

    def thresholds(self, histogram: ConfidenceHistogram) -> np.ndarray:
        """0: all pixels of easy images are labelled."""
        return np.zeros(histogram.num_classes)

    def image_score(self, prob: Tensor) -> float:
        score = image_entropy(prob[None])
        if self.normalize:
            score = score * rare_class_factor(prob[None])
        return score.item()

    def split(self, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return split_images(scores, self.portion, self.rule)
