"""What a segmentor computed for the images of one domain."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from mmseg_uda.errors import UserError

from .decode_heads.geometry import on_image, upsample
from .decode_heads.pixel_losses import HeadOutput

if TYPE_CHECKING:
    from mmseg.structures import SegDataSample


COMPUTED = ('tap', 'features', 'logits')


def head_of(heads: dict[str, nn.Module], level: str) -> nn.Module:
    """The head of a level.

    Raises:
        UserError: The network has no such level.
    """
    if level not in heads:
        raise UserError(
            f'level {level!r} was asked for; this model has {" and ".join(map(repr, heads))}'
            + ('' if len(heads) > 1 else ' alone (model.auxiliary_head is not set)')
        )
    return heads[level]


def _detach(value):
    """Cut a tensor, or those in a container, from the graph; anything else is returned as it is."""
    if isinstance(value, Tensor):
        return value.detach()
    if isinstance(value, dict):
        return {key: _detach(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(_detach, value))
    if isinstance(value, tuple):  # with named fields
        return type(value)(*map(_detach, value))
    return value


class DomainOutput:
    """Everything the adaptations may need about one domain of a step; derived maps are computed once, when asked for.

    A *level* is an output of the segmentor: ``'decode'`` and, where there is an auxiliary head, ``'aux'``; of several
    auxiliary heads ``'aux_0'``, ``'aux_1'`` and so on.

    Attributes:
        heads: The head of each level.
        domain: ``'source'`` or ``'target'``; an adaptation's own name for images it makes.
        training: Whether this is a training step (refinements may differ from test).
        inputs: Preprocessed images, N,3,H,W.
        samples: Their data samples; None at inference. Target samples carry pseudo labels as ``gt_sem_seg`` and their
            confidences as ``pseudo_confidence`` if there are any.
        tap: Feature between backbone and neck (or decode head) *before* refinement, N,C,h,w. Like ``features`` and
            ``logits``, there once the segmentor has run on the images; asked for before that, a UserError.
        features: What the heads read, by their ``in_index``, after refinement.
        logits: Decode head's logits at its own resolution, N,C,h,w, after refinement.
        extras: What the decode head's losses need besides its logits, of heads that give both (HRDA's); else None.
        store: ``{adaptation name: whatever it prepared or its refinements computed}``, for its losses and others'.
    """

    def __init__(
        self,
        heads: dict[str, nn.Module],
        domain: str,
        training: bool,
        inputs: Tensor,
        samples: list[SegDataSample] | None,
    ) -> None:
        self.heads = heads
        self.domain = domain
        self.training = training
        self.inputs = inputs
        self.samples = samples
        self.tap: Tensor
        self.features: tuple[Tensor, ...]
        self.logits: Tensor
        self.extras: Any = None
        self.store: dict[str, dict[str, Tensor]] = {}
        self._cache: dict[tuple[str, str], Tensor] = {}
        self._constant = False

    def __getattr__(self, name: str):
        if name in COMPUTED:
            raise UserError(
                f'the segmentor was not run on the {self.domain} images of this step: an adaptation that reads its '
                f"output names the domain in its `forwards`, e.g. forwards = ('{self.domain}',)"
            )
        raise AttributeError(name)

    def detached(self) -> DomainOutput:
        """A copy that no gradient passes: its maps, those still to be derived too, are constants."""
        other = copy.copy(self)
        for name in (*COMPUTED, 'extras', 'store', '_cache'):
            if name in vars(self):
                setattr(other, name, _detach(vars(self)[name]))
        other._constant = True
        return other

    def _once(self, what: str, level: str, compute) -> Tensor:
        if (what, level) not in self._cache:
            with torch.set_grad_enabled(torch.is_grad_enabled() and not self._constant):
                self._cache[what, level] = compute()
        return self._cache[what, level]

    def level_logits(self, level: str = 'decode') -> Tensor:
        """Logits of one output at its own resolution, N,C,h,w.

        Args:
            level: See the class.

        Raises:
            UserError: For another level, such as ``'aux'`` without an auxiliary head.
        """
        if level == 'decode':
            return self.logits
        head = head_of(self.heads, level)
        return self._once('logits', level, lambda: head(self.features))

    def full_logits(self, level: str = 'decode') -> Tensor:
        """Logits upsampled to the input's size, N,C,H,W."""
        return self._once(
            'full_logits',
            level,
            lambda: upsample(head_of(self.heads, level), self.level_logits(level), self.inputs.shape[2:]),
        )

    def head_output(self, level: str = 'decode') -> Tensor | HeadOutput:
        """What the head's ``loss_by_feat`` takes: :meth:`full_logits`, and ``extras`` where it has any."""
        logits = self.full_logits(level)
        return logits if level != 'decode' or self.extras is None else HeadOutput(logits, self.extras)

    def prob(self, level: str = 'decode') -> Tensor:
        """Softmax of :meth:`full_logits`, N,C,H,W."""
        return self._once('prob', level, lambda: self.full_logits(level).softmax(dim=1))

    def on_image(self, maps: Tensor, index: int | None = None) -> Tensor:
        """Leave out the cells of ``features[index]``, or of ``logits``, whose centers do not lie on the image.

        Only heads whose maps reach beyond the image (FCN-8s) have such cells.
        """
        return on_image(self.heads['decode'], maps, self.inputs.shape[2:], index)

    @property
    def has_labels(self) -> bool:
        """Whether the samples carry labels; the same on all ranks, since a round labels all images or none."""
        return bool(self.samples) and 'gt_sem_seg' in self.samples[0]

    def labels(self) -> Tensor:
        """Labels of the samples, N,H,W int64 (ground truth on source, pseudo labels on target).

        Raises:
            UserError: The samples have none.
        """
        if not self.has_labels:
            raise UserError(
                f'the {self.domain} images carry no labels. For self-training give the adaptation '
                'labeling=dict(selector=dict(type=...)), so that the run makes them, or set '
                'train_dataloader.dataset.target.pseudo_labels to a round of pseudo labels; and keep LoadPseudoLabels '
                'in the target pipeline.'
            )
        return torch.stack([sample.gt_sem_seg.data for sample in self.samples]).squeeze(1)

    def confidence(self) -> Tensor:
        """Largest probability of each pixel when the pseudo labels were made, N,H,W float in [0, 1].

        Stored in 8 bits: off by at most 1/510. Padded pixels have 0.

        Raises:
            UserError: The round has no confidence maps.
        """
        if not self.samples or 'pseudo_confidence' not in self.samples[0]:
            raise UserError(
                f'the {self.domain} images carry no confidences of pseudo labels. Set confidence=True in the '
                'labeling of the adaptation that needs them (labeling.confidence=True), or make the round of '
                'train_dataloader.dataset.target.pseudo_labels with --confidence; and keep LoadPseudoLabels and '
                'PackDomainInputs in the target pipeline.'
            )
        return torch.stack([sample.pseudo_confidence.data for sample in self.samples]).squeeze(1).float() / 255
