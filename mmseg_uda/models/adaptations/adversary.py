"""The part all adversarial adaptations share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmseg.registry import MODELS
from torch import Tensor

from mmseg_uda.errors import UserError
from mmseg_uda.utils.constant_weights import with_constant_weights

from ..losses import SOURCE, TARGET, attention_weighted_loss, domain_loss
from .base import Adaptation

if TYPE_CHECKING:
    from ..segmentors import UDASegmentor


def check_sees_classes(adaptation: Adaptation, segmentor: UDASegmentor) -> None:
    """A discriminator of predictions takes as many channels as there are classes.

    Args:
        adaptation: One with a ``discriminator``.
        segmentor: Whose predictions it sees.

    Raises:
        UserError: It takes another number.
    """
    classes = segmentor.decode_head.num_classes
    channels = getattr(adaptation.discriminator, 'in_channels', classes)
    if channels != classes:
        raise UserError(
            f'model.adaptations.{adaptation.name}.discriminator.in_channels is {channels}, but '
            f'model.decode_head.num_classes is {classes}: set in_channels={classes}'
        )


class Adversary(Adaptation):
    """A discriminator and the two losses it brings.

    Args:
        discriminator: Config of a :class:`~mmseg_uda.models.discriminators.BaseDiscriminator`.
        loss_weight: Weight of the segmentor's term, "target looks like source".
        discriminator_weight: Weight of each domain's half of the discriminator's own loss: 0.5 in AdaptSegNet and
            ADVENT, 1 in DAST.
        kind: ``'bce'`` or ``'ls'`` (least squares).
    """

    def __init__(
        self,
        discriminator: dict,
        loss_weight: float,
        discriminator_weight: float = 0.5,
        kind: str = 'bce',
    ) -> None:
        super().__init__()
        self.discriminator = MODELS.build(discriminator)
        self.loss_weight = loss_weight
        self.discriminator_weight = discriminator_weight
        self.kind = kind

    def score(self, x: Tensor) -> Tensor:
        """The discriminator's raw score with its weights held constant."""
        return with_constant_weights(self.discriminator, x)

    def distance(self, score: Tensor, label: float, attention: Tensor | None) -> Tensor:
        """How far a score map is from a domain's label; least squares with an attention N,1,H,W to weight it."""
        if attention is None:
            return domain_loss(score, label, self.kind)
        return attention_weighted_loss(score, attention, label)

    def adversarial_losses(
        self, source: Tensor, target: Tensor, target_score: Tensor, attention: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Both sides' losses.

        Args:
            source: What the discriminator sees of the source images.
            target: The same of the target images.
            target_score: :meth:`score` of ``target``, connected to the segmentor.
            attention: N,1,H,W, weighs both sides' terms on the target; None where nothing does.

        Returns:
            ``loss_adv`` (segmentor), ``loss_d_source`` and ``loss_d_target`` (discriminator).
        """
        losses = dict(loss_adv=self.loss_weight * self.distance(target_score, SOURCE, attention))
        held = None if attention is None else attention.detach()
        for domain, x, label, weight in (('source', source, SOURCE, None), ('target', target, TARGET, held)):
            score = self.discriminator(x.detach())
            losses[f'loss_d_{domain}'] = self.discriminator_weight * self.distance(score, label, weight)
        return losses
