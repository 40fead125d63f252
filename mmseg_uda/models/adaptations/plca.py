"""PLCA: Kang et al., "Pixel-Level Cycle Association: A New Perspective for Domain Adaptive Semantic Segmentation",
NeurIPS 2020. https://github.com/kgl-prml/Pixel-Level-Cycle-Association

Its objective (Eq. 14) is the cross entropy on source images plus the three adaptations here.
"""

from collections.abc import Sequence

import torch
from mmseg.models.utils import resize
from mmseg.registry import MODELS
from torch import Tensor

from mmseg_uda.errors import UserError, choice

from ..decode_heads.geometry import spans_image
from ..decode_heads.inputs import read_indices
from ..domain_output import DomainOutput
from ..losses import (
    adaptive_label_smoothing_loss,
    cycle_association_loss,
    lovasz_softmax_loss,
)
from ..losses.cycle_association import OBJECTIVES
from ..ops import aggregate_spatially, nearest_labels
from .base import Adaptation

SIMILARITIES = dict(feature='cosine', prediction='kl')
"""How pixels are compared: those of the map that the classifier reads, and those of what it gives."""


@MODELS.register_module()
class PixelCycleAssociation(Adaptation):
    """Pull together source and target pixels on cycles that end in the class they started from (Sec. 3.2 to 3.4).

    At test, features and probabilities of target images are aggregated as in training ("Inference"): first the features
    that the classifier reads, then its probabilities. These are upsampled to the input's size before the logarithm that
    makes logits of them again is taken, as the released code upsamples probabilities.

    Memory is linear in the number of pixels, but a cycle sends gradients to both domains, so the graphs of both are
    kept at once. For heads whose maps span the image; FCN-8s's reach beyond it.

    Args:
        loss_weight: Weight of each association, the paper's beta_2.
        on: What pixels are compared by. ``'feature'``: cosine similarity of the features that the decode head reads
            (L_fass). ``'prediction'``: negative KL divergence of its softmax before upsampling (L_cass).
        in_index: Which of the backbone's (or neck's) outputs is the feature, counted from 0. None: the decode head's
            ``in_index``; the last of them where it reads several.
        aggregation: Ratio of spatial aggregation of the target, the paper's alpha; 0: none ("w/o SAGG").
        normalize_kl_aggregation: Whether similarities of probabilities are contrast-normalized for the aggregation.
            False: released code; True: paper. (Those of features are, in both.)
        aggregate_at_test: Whether validation, test and labelling aggregate. (Released code: test yes, validation during
            training no.)
        objective: ``'contrast'``, or ``'similarity'``: raise the similarities of the pairs themselves ("Sim-PLCA").
        ignore_index: Source label whose pixels start no cycle.

    Raises:
        UserError: For something else to compare by, or another objective.
    """

    source_gradients = True

    def __init__(
        self,
        loss_weight: float = 0.1,
        on: Sequence[str] = ('feature', 'prediction'),
        in_index: int | None = None,
        aggregation: float = 0.5,
        normalize_kl_aggregation: bool = False,
        aggregate_at_test: bool = True,
        objective: str = 'contrast',
        ignore_index: int = 255,
    ) -> None:
        super().__init__()
        if not on or not set(on) <= set(SIMILARITIES):
            raise UserError(f'on is {on}, expected some of {tuple(SIMILARITIES)}')
        choice('objective', objective, OBJECTIVES)
        self.loss_weight = loss_weight
        self.on = tuple(on)
        self.in_index = in_index
        self.aggregation = aggregation
        self.normalize_kl_aggregation = normalize_kl_aggregation
        self.aggregate_at_test = aggregate_at_test
        self.objective = objective
        self.ignore_index = ignore_index

    @property
    def refines(self) -> bool:
        """Whether predictions depend on it."""
        return self.aggregate_at_test and self.aggregation > 0

    def setup(self, segmentor) -> None:
        """Note which feature the head reads and how it upsamples.

        Raises:
            UserError: The head's maps reach beyond the image, or its features are no maps.
        """
        head = segmentor.decode_head
        if not spans_image(head):
            raise UserError(
                f'model.adaptations.{self.name} ({type(self).__name__}) pairs cells with labels by their relative '
                f'place in the image, but the maps of model.decode_head ({type(head).__name__}) reach beyond it: use a '
                'network whose maps span the image, such as DeepLabV2'
            )
        if 'feature' in self.on:
            segmentor.feature_channels()  # refuses what is no map
        if self.in_index is None:
            self.in_index = read_indices(head)[-1]
        self.align_corners = head.align_corners

    def aggregate(self, maps: Tensor, what: str) -> Tensor:
        """Target features or probabilities N,C,h,w, mixed with those of similar pixels (Eq. 7)."""
        contrast = what == 'feature' or self.normalize_kl_aggregation
        return aggregate_spatially(maps, SIMILARITIES[what], self.aggregation, contrast)

    def aggregates(self, output: DomainOutput, what: str) -> bool:
        """Whether this output's maps are to be aggregated before they flow on."""
        return self.refines and not output.training and output.domain == 'target' and what in self.on

    def refine_features(self, features: tuple[Tensor, ...], output: DomainOutput) -> tuple[Tensor, ...]:
        """Aggregate the feature at test."""
        if not self.aggregates(output, 'feature'):
            return features
        features = list(features)
        features[self.in_index] = self.aggregate(features[self.in_index], 'feature')
        return tuple(features)

    def refine_prediction(self, logits: Tensor, output: DomainOutput) -> Tensor:
        """Aggregate the probabilities at test: N,C,h,w logits to N,C,H,W log-probabilities at the input's size."""
        if not self.aggregates(output, 'prediction'):
            return logits
        prob = self.aggregate(logits.float().softmax(dim=1), 'prediction')
        size = output.inputs.shape[2:]
        prob = resize(prob, size, mode='bilinear', align_corners=self.align_corners, warning=False)
        return prob.clamp_(min=torch.finfo(prob.dtype).tiny).log_()

    def loss(self, segmentor, source: DomainOutput, target: DomainOutput) -> dict[str, Tensor]:
        """``loss_feature`` and ``loss_prediction``; the shares of source pixels on valid cycles as ``valid_*``."""
        losses = {}
        labels = source.labels()
        for what in self.on:
            start, middle = self.map(source, what), self.aggregate(self.map(target, what), what)
            loss, valid = cycle_association_loss(
                start,
                middle,
                nearest_labels(labels, start.shape[2:]),
                SIMILARITIES[what],
                self.objective,
                self.ignore_index,
            )
            losses[f'loss_{what}'] = self.loss_weight * loss
            losses[f'valid_{what}'] = valid.float().mean()
        return losses

    def map(self, output: DomainOutput, what: str) -> Tensor:
        """Features or low-resolution probabilities of a training step, N,C,h,w."""
        if what == 'feature':
            return output.features[self.in_index]
        return output.logits.float().softmax(dim=1)


@MODELS.register_module()
class LovaszSoftmax(Adaptation):
    """Lovasz-softmax on source predictions at the input's size, against imbalance of the classes (Sec. 3.5).

    Over the classes that occur in the labels, all pixels of the batch at once.

    Args:
        loss_weight: The paper's beta_1. The released code multiplies its 0.75 by the number of processes and of
            accumulated steps: 1.5 on one GPU, 3.0 on the two of its README.
        ignore_index: Label to leave out.
    """

    requires = ('source',)

    def __init__(self, loss_weight: float = 0.75, ignore_index: int = 255) -> None:
        super().__init__()
        self.loss_weight = loss_weight
        self.ignore_index = ignore_index

    def source_loss(self, segmentor, source: DomainOutput) -> dict[str, Tensor]:
        """``loss_lovasz``."""
        loss = lovasz_softmax_loss(source.prob().float(), source.labels(), ignore_index=self.ignore_index)
        return dict(loss_lovasz=self.loss_weight * loss)


@MODELS.register_module()
class AdaptiveLabelSmoothing(Adaptation):
    """Keep predictions of both domains at a moderate smoothness (Eq. 13), on logits before upsampling.

    Args:
        loss_weight: Weight of each domain, the paper's beta_3.
        threshold: The paper's lambda. None: plain label smoothing.
        detach_weight: Whether the weight of a pixel is a constant for gradients (released code).
    """

    def __init__(self, loss_weight: float = 0.01, threshold: float | None = 10.0, detach_weight: bool = True) -> None:
        super().__init__()
        self.loss_weight = loss_weight
        self.threshold = threshold
        self.detach_weight = detach_weight

    def source_loss(self, segmentor, source: DomainOutput) -> dict[str, Tensor]:
        """``loss_source``."""
        return dict(loss_source=self.smoothness_loss(source))

    def loss(self, segmentor, source: DomainOutput | None, target: DomainOutput) -> dict[str, Tensor]:
        """``loss_target``."""
        return dict(loss_target=self.smoothness_loss(target))

    def smoothness_loss(self, output: DomainOutput) -> Tensor:
        """The weighted loss of one domain, scalar."""
        loss = adaptive_label_smoothing_loss(output.logits.float(), self.threshold, self.detach_weight)
        return self.loss_weight * loss
