"""MaxCos: Chung, Kim and Kwak, "Maximizing Cosine Similarity Between Spatial Features for Unsupervised Domain
Adaptation in Semantic Segmentation", WACV 2022 (no released code)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from mmengine.model import ModuleList
from mmseg.registry import MODELS
from torch import Tensor

from mmseg_uda.errors import UserError, choice

from ..decode_heads.inputs import read_indices
from ..domain_output import DomainOutput
from ..losses import cosine_similarity_loss
from ..losses.cosine_similarity import REDUCTIONS
from ..ops import SourceDictionary, nearest_labels
from ..ops.source_dictionary import KEEPS
from .base import Adaptation

if TYPE_CHECKING:
    from ..segmentors import UDASegmentor


@MODELS.register_module()
class MaxCosine(Adaptation):
    """Pull target features towards the most similar source features of their class.

    Each step, the source features of correctly classified locations enter a dictionary that keeps the newest of each
    class (Eq. 6). Target features are split by their pseudo labels, the prediction filling their gaps (Eq. 7), or by
    the prediction alone where the images carry no labels (Eq. 8), and compared with the dictionary of their class; see
    :func:`~mmseg_uda.models.losses.cosine_similarity_loss` for Eq. 9 and 10. Only target features get gradients.

    The features are those that the decode head reads. If it reads several maps, each has a dictionary and the losses
    are summed: pool3, pool4 and fc7 (before its dropout) for FCN-8s, each cropped to the cells whose centers lie on the
    image. Labels and predictions are brought to a map's size by nearest neighbor; the prediction is made at the logits'
    own size.

    Args:
        threshold: Similarities above it are pulled to 1 (T_cos). 0.6 for GTA5 and 0.4 for SYNTHIA with DeepLabV2, 0.4
            and 0.2 with FCN-8s.
        dict_size: Features kept for each class, 2500 (DeepLabV2) or 2000 (FCN-8s). None: no dictionary, target features
            are compared with the current source images alone ("w/o Dictionary" in Table 4).
        loss_weight: 0.01 (DeepLabV2) or 0.001 (FCN-8s).
        in_index: Which of the backbone's (or neck's) outputs, counted from 0, of those that the decode head reads; None
            for all of these.
        reduction: ``'mean'`` over the selected similarities of a class, ``'mean_all'`` over all of them, or their
            ``'sum'``, Eq. 10 to the letter.
        split_classes: False: all target features are compared with all current source features ("w/o Class-wise Split"
            in Table 4); needs ``dict_size=None``.
        keep: Which features of a class enter when one step brings more than ``dict_size``, as a street image does of
            road: the ``'last'`` in raster order, all from the image's lower edge, or ``'random'`` ones. The paper does
            not say; random ones serve its aim, features from many places.
        save_queues: Whether checkpoints hold the dictionary (389 MB for DeepLabV2, 739 MB for FCN-8s). Without it, a
            resumed run starts with an empty one.
        ignore_index: Label of pixels without a label.

    Raises:
        UserError: A switch is out of range, or the decode head's inputs cannot be told apart.
    """

    def __init__(
        self,
        threshold: float = 0.6,
        dict_size: int | None = 2500,
        loss_weight: float = 0.01,
        in_index: int | Sequence[int] | None = None,
        reduction: str = 'mean',
        split_classes: bool = True,
        keep: str = 'last',
        save_queues: bool = True,
        ignore_index: int = 255,
    ) -> None:
        super().__init__()
        if dict_size is not None and dict_size < 1:
            raise UserError(f'MaxCosine: dict_size is {dict_size}, expected at least 1, or None for no dictionary')
        if dict_size is not None and not split_classes:
            raise UserError('MaxCosine: split_classes=False has no use for a dictionary of classes; set dict_size=None')
        choice('MaxCosine.reduction', reduction, REDUCTIONS)
        self.threshold = threshold
        self.dict_size = dict_size
        self.loss_weight = loss_weight
        self.in_index = in_index
        self.reduction = reduction
        self.split_classes = split_classes
        self.keep = choice('MaxCosine.keep', keep, KEEPS)
        self.save_queues = save_queues
        self.ignore_index = ignore_index

    def setup(self, segmentor: UDASegmentor) -> None:
        """Find the features that the decode head reads, and make their dictionaries."""
        indices = read_indices(segmentor.decode_head)
        self.indices = indices if self.in_index is None else _listed(self.in_index)
        if not set(self.indices) <= set(indices):
            raise UserError(
                f'model.adaptations.{self.name}.in_index is {self.in_index}, but model.decode_head reads the outputs '
                f'{indices} of the backbone'
            )
        self.num_classes = segmentor.decode_head.num_classes
        if self.dict_size is not None:
            channels = segmentor.feature_channels()
            self.dictionaries = ModuleList(
                SourceDictionary(self.num_classes, self.dict_size, channels[i], self.save_queues, self.keep)
                for i in self.indices
            )

    def loss(self, segmentor: UDASegmentor, source: DomainOutput, target: DomainOutput) -> dict[str, Tensor]:
        """``loss_cos``, summed over the features, and the share of similarities above the threshold as ``selected``."""
        results = []
        for i in range(len(self.indices)):
            features = self.features(target, i)
            labels = self.target_labels(target, features.shape[2:])
            source_rows, source_labels = self.source_rows(source, i)
            if self.split_classes:
                keys = self.keys(i, source_rows, source_labels)
            else:
                keys, labels = [source_rows], torch.zeros_like(labels)
            results.append(
                cosine_similarity_loss(rows(features), labels.flatten(), keys, self.threshold, self.reduction)
            )
        selected = sum(result.selected.sum() for result in results)
        compared = sum(result.compared.sum() for result in results)
        return dict(
            loss_cos=self.loss_weight * sum(result.loss for result in results),
            selected=selected / compared.clamp(min=1),
        )

    def features(self, output: DomainOutput, i: int) -> Tensor:
        """The i-th of the features, on the image, N,D,h,w."""
        index = self.indices[i]
        return output.on_image(output.features[index], index)

    def predictions(self, output: DomainOutput, size: Sequence[int]) -> Tensor:
        """Classes the network predicts, N,h,w."""
        return nearest_labels(output.on_image(output.logits.detach()).argmax(dim=1), size)

    def source_rows(self, source: DomainOutput, i: int) -> tuple[Tensor, Tensor]:
        """The i-th source features as rows, and their classes, ``ignore_index`` where misclassified (Eq. 6)."""
        features = self.features(source, i).detach()
        size = features.shape[2:]
        labels, predicted = nearest_labels(source.labels(), size), self.predictions(source, size)
        return rows(features), labels.where(labels == predicted, self.ignore_index).flatten()

    def target_labels(self, target: DomainOutput, size: Sequence[int]) -> Tensor:
        """Classes that split the target features, N,h,w: Eq. 7 with pseudo labels, Eq. 8 without."""
        predicted = self.predictions(target, size)
        if not target.has_labels:
            return predicted
        labels = nearest_labels(target.labels(), size)
        return labels.where(labels != self.ignore_index, predicted)

    def keys(self, i: int, source_rows: Tensor, labels: Tensor) -> list[Tensor]:
        """What the target features of each class are compared with, n_c,D."""
        if self.dict_size is None:
            return [source_rows[labels == c] for c in range(self.num_classes)]
        correct = labels != self.ignore_index
        self.dictionaries[i].enqueue(source_rows[correct], labels[correct])
        return self.dictionaries[i].contents()


def _listed(value: int | Sequence[int]) -> list[int]:
    return [value] if isinstance(value, int) else list(value)


def rows(features: Tensor) -> Tensor:
    """N,D,h,w to N*h*w,D."""
    return features.permute(0, 2, 3, 1).flatten(0, 2)
