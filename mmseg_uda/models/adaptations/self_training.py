"""Self-training: cross entropy on pseudo labels of target images (DAST's L_p_seg; BDL's SSL)."""

from mmseg.registry import MODELS
from torch import Tensor

from ..domain_output import DomainOutput
from ..losses import pseudo_label_loss
from .base import Adaptation


@MODELS.register_module()
class SelfTraining(Adaptation):
    """Cross entropy between target predictions and the pseudo labels loaded with the target images.

    Labels come from the folder ``train_dataloader.dataset.target.pseudo_labels`` or are made when training starts, as
    ``labelling`` says (:class:`~mmseg_uda.engine.hooks.PseudoLabelHook`).

    Args:
        labelling: ``dict(selector=dict(type='DASTSelector', ...), confidence=False)``, see docs/pseudo_labels.md.
        loss_weight: Weight of the term.
        level: ``'decode'`` or ``'aux'``.
        ignore_index: Label of pixels without a pseudo label.
    """

    requires = ('target',)
    needs_target_labels = True

    def __init__(
        self,
        labelling: dict | None = None,
        loss_weight: float = 1.0,
        level: str = 'decode',
        ignore_index: int = 255,
    ) -> None:
        super().__init__()
        self.labelling = labelling
        self.loss_weight = loss_weight
        self.level = level
        self.ignore_index = ignore_index

    def loss(self, segmentor, source: DomainOutput | None, target: DomainOutput) -> dict[str, Tensor]:
        """``loss_ce``, and the share of labelled pixels as ``labelled``."""
        labels = target.labels()
        loss = pseudo_label_loss(target.full_logits(self.level), labels, ignore_index=self.ignore_index)
        return dict(
            loss_ce=self.loss_weight * loss,
            labelled=(labels != self.ignore_index).float().mean(),
        )
