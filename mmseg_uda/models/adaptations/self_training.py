"""Self-training: cross entropy on pseudo labels of target images (DAST's L_p_seg; BDL's SSL).

Its regularizers: CRST, Zou et al., ICCV 2019 (MRKLD); IAST, Mei et al., ECCV 2020.
"""

from mmseg.registry import MODELS
from torch import Tensor

from ..domain_output import DomainOutput
from ..losses import kld_loss, masked_entropy_loss, pseudo_label_loss
from .base import Adaptation


@MODELS.register_module()
class SelfTraining(Adaptation):
    """Cross entropy between target predictions and the pseudo labels loaded with the target images.

    Labels come from the folder ``train_dataloader.dataset.target.pseudo_labels`` or are made when training starts, as
    ``labeling`` says (:class:`~mmseg_uda.engine.hooks.PseudoLabelHook`).

    Args:
        labeling: ``dict(selector=dict(type='DASTSelector', ...), confidence=False)``, see docs/pseudo_labels.md.
        loss_weight: Weight of the cross entropy.
        kld_weight: Weight of a second term on labelled pixels that keeps predictions from being too sure of the labels,
            the divergence from the uniform distribution: 0.1 in PixIntraDA's second round. CRST's released code
            multiplies by its weight twice, so that its square is the weight here. 0 leaves it out.
        entropy_weight: Weight of the entropy of pixels without a label (IAST). 0 leaves it out.
        level: ``'decode'`` or ``'aux'``.
        ignore_index: Label of pixels without a pseudo label.
    """

    requires = ('target',)
    needs_target_labels = True

    def __init__(
        self,
        labeling: dict | None = None,
        loss_weight: float = 1.0,
        kld_weight: float = 0.0,
        entropy_weight: float = 0.0,
        level: str = 'decode',
        ignore_index: int = 255,
    ) -> None:
        super().__init__()
        self.labeling = labeling
        self.loss_weight = loss_weight
        self.kld_weight = kld_weight
        self.entropy_weight = entropy_weight
        self.level = level
        self.ignore_index = ignore_index

    def loss(self, segmentor, source: DomainOutput | None, target: DomainOutput) -> dict[str, Tensor]:
        """``loss_ce``, ``loss_kld`` and ``loss_entropy`` where they have a weight, and the share of labelled pixels."""
        logits, labels = target.full_logits(self.level), target.labels()
        labelled = labels != self.ignore_index
        losses = dict(
            loss_ce=self.loss_weight * pseudo_label_loss(logits, labels, self.ignore_index),
            labelled=labelled.float().mean(),
        )
        if self.kld_weight:
            losses['loss_kld'] = self.kld_weight * kld_loss(logits, labelled)
        if self.entropy_weight:
            losses['loss_entropy'] = self.entropy_weight * masked_entropy_loss(logits, ~labelled)
        return losses
