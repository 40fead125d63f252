"""Output-space adversary.

- AdaptSegNet: Tsai et al., Learning to Adapt Structured Output Space for Semantic Segmentation, CVPR 2018.
- ADVENT: Vu et al., Adversarial Entropy Minimization for Domain Adaptation in Semantic Segmentation, CVPR 2019.
- DAST's corrector: Yu et al., AAAI 2021.
"""

from mmseg.registry import MODELS
from torch import Tensor

from mmseg_uda.errors import UserError, choice

from ..domain_output import DomainOutput
from ..ops import self_information
from .adversary import Adversary


@MODELS.register_module()
class OutputSpaceAdversary(Adversary):
    """Make target predictions look like source predictions, at input resolution.

    Args:
        discriminator: Config, e.g. ``dict(type='OutputDiscriminator')``.
        loss_weight: Segmentor's term: 0.001 on the main and 0.0002 on the auxiliary output (AdaptSegNet multi-level and
            ADVENT), 0.01 (DAST).
        level: ``'decode'``, ``'aux'`` or ``'aux_<i>'``. Multi-level adaptation is two adversaries.
        maps: ``'prob'`` shows the discriminator softmax maps, ``'entropy'`` weighted self-information maps (ADVENT).
        attention_from: Name of a :class:`DiscriminatorAttention` whose attention weights both sides' terms on target
            images, as DAST's text says. None (default) is what DAST's released code does.
        kwargs: ``discriminator_weight`` and ``kind``, see :class:`Adversary`.

    Raises:
        UserError: For other ``maps``, or ``attention_from`` with a loss that is not least squares.
    """

    def __init__(
        self,
        discriminator: dict,
        loss_weight: float = 0.001,
        level: str = 'decode',
        maps: str = 'prob',
        attention_from: str | None = None,
        **kwargs,
    ) -> None:
        super().__init__(discriminator, loss_weight, **kwargs)
        if attention_from is not None and self.kind != 'ls':
            raise UserError("OutputSpaceAdversary.attention_from needs kind='ls' (DAST's losses are least squares)")
        self.level = level
        self.maps = choice('OutputSpaceAdversary.maps', maps, ('prob', 'entropy'))
        self.attention_from = attention_from

    def seen_channels(self, segmentor) -> int:
        """As many as the level has logits."""
        return segmentor.head(self.level).out_channels

    def visible(self, output: DomainOutput) -> Tensor:
        """What the discriminator sees, N,C,H,W."""
        prob = output.prob(self.level)
        return prob if self.maps == 'prob' else self_information(prob)

    def loss(self, segmentor, source: DomainOutput, target: DomainOutput) -> dict[str, Tensor]:
        """Segmentor's and discriminator's terms."""
        maps = self.visible(target)
        attention = target.store[self.attention_from]['attention'] if self.attention_from else None
        return self.adversarial_losses(self.visible(source), maps, self.score(maps), attention)
