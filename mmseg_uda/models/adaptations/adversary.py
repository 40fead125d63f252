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
    from ..discriminators import BaseDiscriminator
    from ..segmentors import UDASegmentor


def build_discriminator(adaptation: str, cfg: dict, channels: int) -> BaseDiscriminator:
    """Build a discriminator for maps of so many channels.

    Args:
        adaptation: Its key in ``model.adaptations``.
        cfg: Config of a :class:`~mmseg_uda.models.discriminators.BaseDiscriminator`. It needs no ``in_channels``.
        channels: Of the maps that it sees.

    Raises:
        UserError: ``in_channels`` is given as another number, or the config is wrong.
    """
    key = f'model.adaptations.{adaptation}.discriminator'
    if cfg.get('in_channels', channels) != channels:
        raise UserError(
            f'{key}.in_channels is {cfg["in_channels"]}, but what it sees of this network has {channels} channels: '
            'leave in_channels out'
        )
    try:
        return MODELS.build(dict(cfg, in_channels=channels))
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f'{key}: {error}') from error


class Adversary(Adaptation):
    """A discriminator and the two losses it brings.

    Args:
        discriminator: Config of a :class:`~mmseg_uda.models.discriminators.BaseDiscriminator`, built when the network
            is known: its ``in_channels`` may be left out.
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
        self.discriminator_cfg = discriminator
        self.loss_weight = loss_weight
        self.discriminator_weight = discriminator_weight
        self.kind = kind

    def seen_channels(self, segmentor: UDASegmentor) -> int:
        """Channels of what the discriminator sees."""
        raise NotImplementedError

    def setup(self, segmentor: UDASegmentor) -> None:
        """Build the discriminator for this network."""
        self.discriminator = build_discriminator(self.name, self.discriminator_cfg, self.seen_channels(segmentor))

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
