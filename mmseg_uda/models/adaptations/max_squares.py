"""Maximum squares: Chen, Xue, Cai, Domain Adaptation for Semantic Segmentation with Maximum Squares Loss, ICCV 2019.

https://github.com/ZJULearning/MaxSquareLoss
"""

from mmseg.registry import MODELS
from torch import Tensor

from mmseg_uda.errors import UserError, choice

from ..domain_output import DomainOutput
from ..losses import image_wise_maximum_squares_loss, maximum_squares_loss
from ..losses.maximum_squares import VARIANTS
from .base import Adaptation


@MODELS.register_module()
class MaxSquares(Adaptation):
    """Make target predictions confident, easy pixels less eagerly than entropy does.

    Args:
        loss_weight: 0.1 in the released code.
        image_wise: Weight classes by their size in the image, so that small ones count.
        ratio: Strength of that weighting, in [-1, 1]; 0.2 in the released code. Negative: large classes count more,
            -0.2 in the released code from SYNTHIA.
        variant: ``'paper'``: as printed. ``'released'``: divided by C; image-wise weights are those of each pixel's
            argmax class and the factor 1/2 is missing. See :mod:`mmseg_uda.models.losses.maximum_squares`.
        level: ``'decode'`` or ``'aux'``.

    Raises:
        UserError: For another variant, or a ratio outside [-1, 1].
    """

    requires = ('target',)

    def __init__(
        self,
        loss_weight: float = 0.1,
        image_wise: bool = True,
        ratio: float = 0.2,
        variant: str = 'paper',
        level: str = 'decode',
    ) -> None:
        super().__init__()
        choice('variant', variant, VARIANTS)
        if not -1 <= ratio <= 1:
            raise UserError(f'MaxSquares.ratio is {ratio}, expected a number in [-1, 1]')
        self.loss_weight = loss_weight
        self.image_wise = image_wise
        self.ratio = ratio
        self.variant = variant
        self.level = level

    def loss(self, segmentor, source: DomainOutput | None, target: DomainOutput) -> dict[str, Tensor]:
        """``loss_squares``, which is negative."""
        prob = target.prob(self.level)
        if self.image_wise:
            loss = image_wise_maximum_squares_loss(prob, self.ratio, self.variant)
        else:
            loss = maximum_squares_loss(prob, self.variant)
        return dict(loss_squares=self.loss_weight * loss)
