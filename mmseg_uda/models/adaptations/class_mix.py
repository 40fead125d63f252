"""Training on target images with half of the source's classes pasted on them (DACS, Tranheden et al., WACV 2021)."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from mmseg.registry import MODELS
from torch import Tensor

from mmseg_uda.errors import UserError, choice

from ..decode_heads.pixel_losses import pixel_losses
from ..domain_output import DomainOutput
from ..ops import Draws, candidate_classes, choose_classes, class_mask, paste
from .base import Adaptation
from .teacher_labels import build_augmentation, labels_of


class MixDraws(NamedTuple):
    """What chance decides about the mixed images of a step.

    Attributes:
        chosen: Values of the labels to be pasted, for each image.
        augmentation: Of the mixed images; None without one.
    """

    chosen: list[Tensor]
    augmentation: Draws | None


@MODELS.register_module()
class ClassMix(Adaptation):
    """Cross entropy on mixed images: source pixels weigh 1, target pixels what the teacher says.

    Source and target images have one size. Jitter takes channels in their order for red, green and blue, whatever they
    are, as the released codes do: DACS jitters BGR.

    Args:
        teacher: Name of the adaptation that labels, an :class:`EMATeacher`.
        classes_from: See :func:`~mmseg_uda.models.ops.candidate_classes`: ``'batch'`` for DAFormer and its successors,
            ``'image'`` for DACS.
        augmentation: Arguments of :class:`~mmseg_uda.models.ops.StrongAugmentation` other than the normalization, which
            is the preprocessor's; ``dict()``: DAFormer's; None: no augmentation.
        loss_weight: Of all losses.

    Raises:
        UserError: Source and target images differ in number or size, or nobody labels.
    """

    requires = ('source', 'target')
    forwards = ()

    def __init__(
        self,
        teacher: str = 'teacher',
        classes_from: str = 'batch',
        augmentation: dict | None = dict(),  # noqa: B006
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__()
        self.teacher = teacher
        self.classes_from = choice('classes_from', classes_from, ('batch', 'image'))
        self.augmentation = augmentation
        self.loss_weight = loss_weight

    def setup(self, segmentor) -> None:
        """Take the normalization."""
        key = f'model.adaptations.{self.name}.augmentation'
        self.augment = build_augmentation(key, segmentor, self.augmentation)

    def draw(self, source_labels: Tensor) -> MixDraws:
        """Draw classes and augmentation for source labels N,H,W."""
        candidates = candidate_classes(source_labels, self.classes_from)
        chosen = [choose_classes(values, torch.randperm(len(values))) for values in candidates]
        return MixDraws(chosen, self.augment and self.augment.draw(len(source_labels)))

    def mix(self, source: DomainOutput, target: DomainOutput, draws: MixDraws) -> tuple[Tensor, Tensor, Tensor]:
        """Mixed images N,3,H,W, labels N,H,W and weights N,H,W."""
        if source.inputs.shape != target.inputs.shape:
            raise UserError(
                f'model.adaptations.{self.name} (ClassMix) pastes source on target images, but a batch of them is '
                f'{tuple(source.inputs.shape)} and {tuple(target.inputs.shape)}: crop both to one size (RandomCrop)'
            )
        pseudo = labels_of(self.teacher, target)
        mask = class_mask(source.labels(), draws.chosen)
        images = paste(mask, source.inputs, target.inputs)
        if self.augment is not None:
            images = self.augment(images, draws.augmentation)
        labels = paste(mask, source.labels(), pseudo['labels'])
        weights = paste(mask, torch.ones_like(pseudo['weights']), pseudo['weights'])
        return images, labels, weights

    def passes(self, segmentor, source: DomainOutput, target: DomainOutput) -> Iterator[dict[str, Tensor]]:
        """Losses of the decode head on the mixed images."""
        images, labels, weights = self.mix(source, target, self.draw(source.labels()))
        mixed = segmentor.run_domain(images, target.samples, 'mixed', training=True)
        losses = pixel_losses(segmentor.decode_head, mixed.head_output(), labels, weights)
        yield {name: self.loss_weight * value for name, value in losses.items()}
