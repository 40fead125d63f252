"""The contract of an adaptation: losses, and optionally refinements of what flows through the segmentor.

A training step is made of parts, and the gradient of each is taken before the next is made, so that a step needs the
memory of its largest part:

1. ``prepare``, without gradients, before the network runs.
2. The source part: supervised losses and every ``source_loss``.
3. The target part: every ``loss``. The source's output is detached by then.
4. One part for whatever each ``passes`` yields. Both outputs are detached.

Released adversarial code alternates: freeze D, backward, step the segmentor, unfreeze D, backward, step D. Here a
discriminator is run twice inside one forward instead: with its weights held constant for the segmentor's term
(:func:`~mmseg_uda.utils.constant_weights.with_constant_weights`), and live on detached inputs for its own term. The sum
of all losses has, for every parameter, exactly the gradient of the alternating scheme.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mmengine.model import BaseModule
from torch import Tensor

if TYPE_CHECKING:
    from ..domain_output import DomainOutput
    from ..segmentors import UDASegmentor


class Adaptation(BaseModule):
    """Base of everything ``model.adaptations`` may name.

    A subclass writes those of :meth:`source_loss`, :meth:`loss` and :meth:`passes` that it needs; most need ``loss``
    alone. Each gives a dict of scalars: those whose name contains "loss" are summed, the others are only logged; a name
    occurs once a step. Every loss must be connected to the graph on every rank: nothing selected means
    ``0 * something``, not a Python 0.

    State that training depends on (queues, teachers, counters) belongs in registered buffers or submodules, so that
    checkpoints, resume and DDP work without further care.

    Attributes:
        requires: Domains without which the losses make no sense.
        forwards: Domains on whose images the network must run for ``source_loss`` and ``loss``. It does not run on
            those that no adaptation names; source images have their supervised loss besides.
        source_gradients: Whether ``loss`` sends gradients through the *source* output. Then source and target are one
            part, which takes the memory of both.
        needs_target_labels: Whether the target images must come with pseudo labels.
        labeling: How to make them where the config names no folder of labels, ``dict(selector=dict(type=...),
            confidence=False)``; an adaptation that needs labels takes it as an argument.
        name: Its key in ``model.adaptations``; set by the segmentor.
    """

    requires: tuple[str, ...] = ('source', 'target')
    forwards: tuple[str, ...] = ('source', 'target')
    source_gradients: bool = False
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
        """Called once when the segmentor has been built, before any weights are loaded: structure only."""

    def prepare(self, segmentor: UDASegmentor, source: DomainOutput | None, target: DomainOutput | None) -> None:
        """Called in each training step before the network runs, without gradients: move a teacher, label images.

        The outputs hold ``inputs`` and ``samples`` only. Results go to ``target.store[self.name]``, where the losses of
        all adaptations find them.
        """

    def refine_tap(self, feature: Tensor, output: DomainOutput) -> Tensor:
        """Refine the feature between backbone and neck, N,C,h,w. ``output`` tells the domain and whether it trains."""
        return feature

    def refine_features(self, features: tuple[Tensor, ...], output: DomainOutput) -> tuple[Tensor, ...]:
        """Refine the features that the heads read."""
        return features

    def refine_prediction(self, logits: Tensor, output: DomainOutput) -> Tensor:
        """Refine the decode head's low-resolution logits, N,C,h,w."""
        return logits

    def source_loss(self, segmentor: UDASegmentor, source: DomainOutput) -> dict[str, Tensor]:
        """Losses that need the source images alone; not called in a step without any."""
        return {}

    def loss(
        self,
        segmentor: UDASegmentor,
        source: DomainOutput | None,
        target: DomainOutput | None,
    ) -> dict[str, Tensor]:
        """Losses with gradients through the target output.

        Args:
            segmentor: The network.
            source: What it computed for the source images, detached unless an adaptation of the model has
                ``source_gradients``; None when the step has none.
            target: The same for the target images, with gradients.
        """
        return {}

    def passes(
        self,
        segmentor: UDASegmentor,
        source: DomainOutput | None,
        target: DomainOutput | None,
    ) -> Iterator[dict[str, Tensor]]:
        """Yield the losses on images that the adaptation makes itself (mixed, masked), one dict for each run.

        The gradient of what is yielded is taken before the generator goes on, so several runs need the memory of one.
        ``segmentor.run_domain(images, samples, 'mixed', training=True)`` runs the network. ``source`` and ``target``
        are detached.
        """
        yield from ()
