"""What a segmentor computed for the images of one domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from mmseg.structures import SegDataSample

    from .segmentors import UDASegmentor

LEVELS = ('decode', 'aux')
"""Outputs of a segmentor: its decode head and, where it has one, its auxiliary head."""


class DomainOutput:
    """Everything the adaptations may need about one domain of a step; derived maps are computed once, when asked for.

    Attributes:
        domain: ``'source'`` or ``'target'``.
        training: Whether this is a training step (refinements may differ from test).
        inputs: Preprocessed images, N,3,H,W.
        samples: Their data samples; None at inference. Target samples carry pseudo labels as ``gt_sem_seg`` if there
            are any.
        tap: Feature between backbone and neck *before* refinement, N,C,h,w.
        features: Levels the heads see, after refinement.
        logits: Decode head's logits at its own resolution, N,C,h,w, after refinement.
        store: ``{adaptation name: whatever its refinements computed}``, so that its loss need not compute it again.
    """

    def __init__(
        self,
        segmentor: UDASegmentor,
        domain: str,
        training: bool,
        inputs: Tensor,
        samples: list[SegDataSample] | None,
    ) -> None:
        self.domain = domain
        self.training = training
        self.inputs = inputs
        self.samples = samples
        self.tap: Tensor
        self.features: tuple[Tensor, ...]
        self.logits: Tensor
        self.store: dict[str, dict[str, Tensor]] = {}
        self._segmentor = segmentor
        self._cache: dict[tuple[str, str], Tensor] = {}

    def _once(self, what: str, level: str, compute) -> Tensor:
        if (what, level) not in self._cache:
            self._cache[what, level] = compute()
        return self._cache[what, level]

    def level_logits(self, level: str = 'decode') -> Tensor:
        """Logits of one output at its own resolution, N,C,h,w.

        Args:
            level: ``'decode'`` or ``'aux'``.

        Raises:
            ValueError: For another level, or ``'aux'`` without an auxiliary head.
        """
        if level == 'decode':
            return self.logits
        head = self._segmentor.head(level)
        return self._once('logits', level, lambda: head(self.features))

    def full_logits(self, level: str = 'decode') -> Tensor:
        """Logits upsampled to the input's size, N,C,H,W."""
        return self._once(
            'full_logits',
            level,
            lambda: self._segmentor.upsample(
                self.level_logits(level), self.inputs.shape[2:], self._segmentor.head(level)
            ),
        )

    def prob(self, level: str = 'decode') -> Tensor:
        """Softmax of :meth:`full_logits`, N,C,H,W."""
        return self._once('prob', level, lambda: self.full_logits(level).softmax(dim=1))

    def labels(self) -> Tensor:
        """Labels of the samples, N,H,W int64 (ground truth on source, pseudo labels on target).

        Raises:
            ValueError: The samples have none.
        """
        if not self.samples or 'gt_sem_seg' not in self.samples[0]:
            raise ValueError(
                f'the {self.domain} images carry no labels. For self-training set '
                'train_dataloader.dataset.target.pseudo_labels to a round of pseudo labels, or add a PseudoLabelHook; '
                'and keep LoadPseudoLabels in the target pipeline.'
            )
        return torch.stack([sample.gt_sem_seg.data for sample in self.samples]).squeeze(1)
