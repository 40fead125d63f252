"""Training on target images with blocks taken away (MIC, Hoyer et al., CVPR 2023)."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from mmseg.registry import MODELS
from torch import Tensor

from mmseg_uda.errors import UserError

from ..decode_heads.pixel_losses import pixel_losses
from ..domain_output import DomainOutput
from ..ops import Draws, block_mask, draw_block_noise
from .base import Adaptation
from .teacher_labels import build_augmentation, labels_of


class MaskDraws(NamedTuple):
    """What chance decides about the masked images of a step.

    Attributes:
        noise: A uniform number for each block, N,1,h,w.
        augmentation: Of the images before they are masked; None without one.
    """

    noise: Tensor
    augmentation: Draws | None


@MODELS.register_module()
class MaskedImageConsistency(Adaptation):
    """Cross entropy on masked images with the labels that the teacher gave the whole, clean ones.

    The loss covers what is visible too. Blocks that are taken away have the mean color.

    Args:
        teacher: Name of the adaptation that labels, an :class:`EMATeacher`.
        ratio: Share of the blocks to take away.
        block: Side of a block in pixels: 64 at HRDA's resolution, 32 at half of it.
        domains: Whose images: ``('target',)``; ``('source', 'target')``: the first image of each, the source's with its
            labels and weight 1 (Cityscapes to ACDC and Dark Zurich, without augmentation); ``('source',)``.
        augmentation: As in :class:`ClassMix`; order and blur are drawn once for all images.
        loss_weight: Of all losses.

    Raises:
        UserError: For other domains.
    """

    forwards = ()

    def __init__(
        self,
        teacher: str = 'teacher',
        ratio: float = 0.7,
        block: int = 64,
        domains: Sequence[str] = ('target',),
        augmentation: dict | None = dict(),  # noqa: B006
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__()
        if tuple(domains) not in (('target',), ('source', 'target'), ('source',)):
            raise UserError(f"domains is {domains}, expected ('target',), ('source', 'target') or ('source',)")
        self.requires = self.domains = tuple(domains)
        self.teacher = teacher
        self.ratio = ratio
        self.block = block
        self.augmentation = augmentation
        self.loss_weight = loss_weight

    def setup(self, segmentor) -> None:
        """Take the normalization."""
        key = f'model.adaptations.{self.name}.augmentation'
        self.augment = build_augmentation(key, segmentor, self.augmentation, same_for_all=True)

    def draw(self, images: Tensor) -> MaskDraws:
        """Draw masks and augmentation for images N,3,H,W."""
        return MaskDraws(draw_block_noise(images, self.block), self.augment and self.augment.draw(len(images)))

    def whole(self, source: DomainOutput | None, target: DomainOutput | None) -> tuple[Tensor, Tensor, Tensor]:
        """The images to be masked N,3,H,W, their labels N,H,W and weights N,H,W."""
        outputs = dict(source=source, target=target)
        parts = [self._labeled(outputs[domain]) for domain in self.domains]
        if len(parts) > 1:
            parts = [tuple(maps[:1] for maps in part) for part in parts]
        images, labels, weights = (torch.cat(maps) for maps in zip(*parts, strict=True))
        return images, labels, weights

    def _labeled(self, output: DomainOutput) -> tuple[Tensor, Tensor, Tensor]:
        if output.domain == 'source':
            return output.inputs, output.labels(), torch.ones_like(output.inputs[:, 0])
        pseudo = labels_of(self.teacher, output)
        return output.inputs, pseudo['labels'], pseudo['weights']

    def mask(self, images: Tensor, draws: MaskDraws) -> Tensor:
        """Augment images N,3,H,W, and take blocks away."""
        if self.augment is not None:
            images = self.augment(images, draws.augmentation)
        return images * block_mask(draws.noise, images.shape[2:], self.ratio).to(images)

    def passes(
        self, segmentor, source: DomainOutput | None, target: DomainOutput | None
    ) -> Iterator[dict[str, Tensor]]:
        """Losses of the decode head on the masked images."""
        images, labels, weights = self.whole(source, target)
        masked = segmentor.run_domain(self.mask(images, self.draw(images)), None, 'masked', training=True)
        losses = pixel_losses(segmentor.decode_head, masked.head_output(), labels, weights)
        yield {name: self.loss_weight * value for name, value in losses.items()}
