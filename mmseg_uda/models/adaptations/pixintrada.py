"""Pixel-level intra-domain adaptation: PixIntraDA, Yan et al., ACM Multimedia 2021.

https://doi.org/10.1145/3474085.3475174 (no code was released)
"""

from mmseg.registry import MODELS
from torch import Tensor

from mmseg_uda.errors import UserError, choice
from mmseg_uda.utils.constant_weights import with_constant_weights

from ..domain_output import DomainOutput
from ..losses import (
    cts_discriminator_loss,
    cts_segmentor_loss,
    pla_discriminator_loss,
    pla_printed_losses,
    pla_segmentor_loss,
)
from ..losses.intra_domain import REDUCTIONS
from ..ops import domain_index
from .adversary import build_discriminator
from .base import Adaptation

MODES = ('cts', 'pla', 'pla_printed')


@MODELS.register_module()
class PixelIntraDomainAdversary(Adaptation):
    """Make hard pixels of target predictions look like easy ones (PixIntraDA, Sec. 4.2); needs no source images.

    A pixel is easy where it has a pseudo label and hard where it has none (Eq. 2, 3). A discriminator sees the softmax
    map and scores every pixel; the segmentor's term is on hard pixels alone. :class:`SelfTraining` is the cross entropy
    on easy pixels (Eq. 5). Padded pixels are never hard.

    Args:
        discriminator: Config of one whose score has the size of its input, e.g.
            ``dict(type='OutputDiscriminator', upsample=True)``.
        labeling: ``dict(selector=dict(type='PixIntraDASelector', ...), confidence=True)``, where the run makes the
            labels; the confidences are the domain index.
        loss_weight: Segmentor's term, beta. Not given in the paper; 0.001 on the main and 0.0002 on the auxiliary
            output in AdaptSegNet, whose discriminators it uses.
        level: ``'decode'`` or ``'aux'``.
        mode: ``'cts'``: the discriminator regresses the continuous domain index, least squares (Eq. 7, 8; the paper's
            final form). ``'pla'``: it tells hard from easy, binary cross entropy of each pixel, which Eq. 6 stands for.
            ``'pla_printed'``: Eq. 6 as printed, logarithms of sums, whose scale depends on the image's size.
        reduction: What the segmentor's sum over hard pixels is divided by, with ``'cts'`` and ``'pla'``; the paper
            prints sums. ``'hard'``: by their number, as the cross entropy by that of the easy ones; ``'all'``: by the
            number of all pixels, as the discriminator's term; ``'sum'``: by nothing, nor is the discriminator's term
            of ``'cts'`` then.
        sigmoid: With ``'cts'``: regress the score's sigmoid instead of the raw score. The paper does not say; least
            squares on raw scores is what AdaptSegNet offers.
        ignore_index: Label of pixels without a pseudo label.

    Raises:
        UserError: Another mode or reduction.
    """

    requires = ('target',)
    needs_target_labels = True

    def __init__(
        self,
        discriminator: dict,
        labeling: dict | None = None,
        loss_weight: float = 0.001,
        level: str = 'decode',
        mode: str = 'cts',
        reduction: str = 'hard',
        sigmoid: bool = False,
        ignore_index: int = 255,
    ) -> None:
        super().__init__()
        self.discriminator_cfg = discriminator
        self.labeling = labeling
        self.loss_weight = loss_weight
        self.level = level
        self.mode = choice('PixelIntraDomainAdversary.mode', mode, MODES)
        self.reduction = choice('PixelIntraDomainAdversary.reduction', reduction, REDUCTIONS)
        self.sigmoid = sigmoid
        self.ignore_index = ignore_index

    def setup(self, segmentor) -> None:
        """Build the discriminator for as many classes as the level has."""
        channels = segmentor.head(self.level).out_channels
        self.discriminator = build_discriminator(self.name, self.discriminator_cfg, channels)

    def loss(self, segmentor, source: DomainOutput | None, target: DomainOutput) -> dict[str, Tensor]:
        """``loss_adv`` (segmentor), ``loss_d`` (discriminator), and the share of hard pixels as ``hard``."""
        confidence = target.confidence()
        hard = (target.labels() == self.ignore_index) & (confidence > 0)  # padding has confidence 0
        prob = target.prob(self.level)
        score = self._per_pixel(with_constant_weights(self.discriminator, prob), hard)
        live_score = self._per_pixel(self.discriminator(prob.detach()), hard)
        return dict(
            loss_adv=self.loss_weight * self.segmentor_loss(score, hard),
            loss_d=self.discriminator_loss(live_score, hard, confidence),
            hard=hard.float().mean(),
        )

    def segmentor_loss(self, score: Tensor, hard: Tensor) -> Tensor:
        """The segmentor's unweighted term.

        Args:
            score: Raw score with constant weights, N,H,W.
            hard: N,H,W bool.
        """
        if self.mode == 'cts':
            return cts_segmentor_loss(self._regressed(score), hard, self.reduction)
        if self.mode == 'pla':
            return pla_segmentor_loss(score, hard, self.reduction)
        return pla_printed_losses(score, hard)[1].mean()

    def discriminator_loss(self, score: Tensor, hard: Tensor, confidence: Tensor) -> Tensor:
        """The discriminator's own term.

        Args:
            score: Raw score of detached predictions, N,H,W.
            hard: N,H,W bool.
            confidence: Largest probability of the model that made the labels, N,H,W.
        """
        if self.mode == 'cts':
            reduction = 'sum' if self.reduction == 'sum' else 'mean'
            return cts_discriminator_loss(self._regressed(score), domain_index(confidence, hard), reduction)
        if self.mode == 'pla':
            return pla_discriminator_loss(score, hard)
        return pla_printed_losses(score, hard)[0].mean()

    def _regressed(self, score: Tensor) -> Tensor:
        return score.sigmoid() if self.sigmoid else score

    def _per_pixel(self, score: Tensor, hard: Tensor) -> Tensor:
        if score.shape[2:] != hard.shape[1:]:
            raise UserError(
                f'model.adaptations.{self.name}.discriminator scores a map of {tuple(score.shape[2:])} for images of '
                f'{tuple(hard.shape[1:])}; set upsample=True on it (or give one that keeps the resolution)'
            )
        return score.squeeze(1)
