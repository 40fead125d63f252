"""Adversary on the feature at the tap (Hoffman et al. 2016; the discoverer without attention in DAST's Table 3)."""

from mmseg.registry import MODELS
from torch import Tensor

from ..domain_output import DomainOutput
from .adversary import Adversary


@MODELS.register_module()
class FeatureAdversary(Adversary):
    """Make target features look like source features between backbone and neck.

    Args:
        discriminator: Config, e.g. ``dict(type='FeatureDiscriminator')``.
        loss_weight: Segmentor's term, 0.01 in DAST.
        discriminator_weight: Weight of each domain's half of the discriminator's loss.
        kind: ``'ls'`` (DAST) or ``'bce'``.
    """

    def __init__(
        self,
        discriminator: dict,
        loss_weight: float = 0.01,
        discriminator_weight: float = 1.0,
        kind: str = 'ls',
    ) -> None:
        super().__init__(discriminator, loss_weight, discriminator_weight, kind)

    def seen_channels(self, segmentor) -> int:
        """Channels of the tap."""
        return segmentor.tap_channels()

    def target_score(self, target: DomainOutput) -> Tensor:
        """Score of the target's tapped feature with constant weights, N,1,h,w."""
        return self.score(target.tap)

    def loss(self, segmentor, source: DomainOutput, target: DomainOutput) -> dict[str, Tensor]:
        """Segmentor's and discriminator's terms."""
        return self.adversarial_losses(source.tap, target.tap, self.target_score(target))
