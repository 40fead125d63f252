"""The contract of an adaptation: a loss, and optionally refinements of what flows through the segmentor.

Released adversarial code alternates: freeze D, backward, step the segmentor, unfreeze D, backward, step D. Here a
discriminator is run twice inside one forward instead: with its weights held constant for the segmentor's term
(:func:`~mmseg_uda.utils.constant_weights.with_constant_weights`), and live on detached inputs for its own term. The sum
of all losses has, for every parameter, exactly the gradient of the alternating scheme.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from mmengine.model import BaseModule
from torch import Tensor

if TYPE_CHECKING:
    from ..domain_output import DomainOutput
    from ..segmentors import UDASegmentor


class Adaptation(BaseModule):
    """Base of everything ``model.adaptations`` may name.

    A subclass must write :meth:`loss`. State that training depends on (queues, teachers, counters) belongs in
    registered buffers or submodules, so that checkpoints, resume and DDP work without further care. Every returned loss
    must be connected to the graph on every rank: nothing selected means ``0 * something``, not a Python 0.

    Attributes:
        requires: Domains without which the loss makes no sense.
        needs_target_labels: Whether the target images must come with pseudo labels.
        labeling: How to make them where the config names no folder of labels, ``dict(selector=dict(type=...),
            confidence=False)``; an adaptation that needs labels takes it as an argument.
        name: Its key in ``model.adaptations``; set by the segmentor.
    """

    requires: tuple[str, ...] = ('source', 'target')
    needs_target_labels: bool = False
    labeling: dict | None = None
    name: str = ''

    @property
    def refines(self) -> bool:
        """Whether it changes what flows through the segmentor, so that predictions depend on it."""
        own = type(self)
        return any(
            getattr(own, name) is not getattr(Adaptation, name)
            for name in ('refine_tap', 'refine_features', 'refine_prediction')
        )

    def setup(self, segmentor: UDASegmentor) -> None:
        """Called once when the segmentor has been built, e.g. to copy a teacher."""

    def refine_tap(self, feature: Tensor, output: DomainOutput) -> Tensor:
        """Refine the feature between backbone and neck, N,C,h,w. ``output`` tells the domain and whether it trains."""
        return feature

    def refine_features(self, features: tuple[Tensor, ...], output: DomainOutput) -> tuple[Tensor, ...]:
        """Refine the features that the heads read."""
        return features

    def refine_prediction(self, logits: Tensor, output: DomainOutput) -> Tensor:
        """Refine the decode head's low-resolution logits, N,C,h,w."""
        return logits

    @abstractmethod
    def loss(
        self,
        segmentor: UDASegmentor,
        source: DomainOutput | None,
        target: DomainOutput | None,
    ) -> dict[str, Tensor]:
        """Losses of one step.

        Args:
            segmentor: The network, for methods that run it on images they make.
            source: What it computed for the source images; None when the step has none.
            target: The same for the target images.

        Returns:
            Scalars; those whose name contains "loss" are summed, the others are only logged.
        """
