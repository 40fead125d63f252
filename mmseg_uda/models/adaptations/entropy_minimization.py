"""Entropy minimisation (MinEnt): ADVENT, Vu et al., CVPR 2019, Sec. 3.1."""

from mmseg.registry import MODELS
from torch import Tensor

from ..domain_output import DomainOutput
from ..losses import entropy_loss
from .base import Adaptation


@MODELS.register_module()
class EntropyMinimization(Adaptation):
    """Make target predictions confident.

    Args:
        loss_weight: 0.001 on the main and 0.0002 on the auxiliary output in the paper.
        level: ``'decode'`` or ``'aux'``.
    """

    requires = ('target',)

    def __init__(self, loss_weight: float = 0.001, level: str = 'decode') -> None:
        super().__init__()
        self.loss_weight = loss_weight
        self.level = level

    def loss(self, segmentor, source: DomainOutput | None, target: DomainOutput) -> dict[str, Tensor]:
        """``loss_entropy``."""
        return dict(loss_entropy=self.loss_weight * entropy_loss(target.prob(self.level)))
