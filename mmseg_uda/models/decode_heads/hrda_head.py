"""HRDA's head: detail where an attention trusts it, context elsewhere (Hoyer et al., HRDA, ECCV 2022)."""

from typing import NamedTuple

import torch
from mmengine.structures import PixelData
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.models.utils import resize
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample
from torch import Tensor, nn

from mmseg_uda.errors import UserError

from ..losses import weighted_cross_entropy
from ..ops.multi_resolution import Box, Views, crop, fuse
from .pixel_losses import HeadOutput, pixel_losses


class Scales(NamedTuple):
    """The two resolutions' own logits, for the losses of a training step.

    Attributes:
        detail: Of the crop, N,C,h,w.
        context: What the context adds to the fused logits, N,C,h',w'.
        box: The crop in the image.
    """

    detail: Tensor
    context: Tensor
    box: Box


@MODELS.register_module()
class HRDAHead(BaseDecodeHead):
    """One head for context and detail of a :class:`~mmseg_uda.models.backbones.MultiResolution`, and the attention.

    In training it gives the fused logits and :class:`Scales`, of which its losses are made; over windows (test,
    teacher) the fused logits alone. Names of weights are the released ones.

    Args:
        num_classes: C.
        head: Config of the head for both, e.g. ``dict(type='DAFormerHead')``; run on the context first.
        attention: Config of the head that makes the attention from the context, e.g. ``dict(type='DAFormerHead',
            fusion='conv1')``; or a constant attention in [0, 1].
        classwise: An attention for each class, or one for all.
        detail_weight: Weight of the detail's own loss; that of the fused logits has the rest.
        context_weight: The same for the context's share.
        kwargs: Arguments of MMSeg's ``BaseDecodeHead``, such as ``loss_decode``.

    Raises:
        UserError: The backbone has one resolution.
    """

    def __init__(
        self,
        num_classes: int,
        head: dict,
        attention: dict | float,
        classwise: bool = True,
        detail_weight: float = 0.1,
        context_weight: float = 0.0,
        **kwargs,
    ) -> None:
        built = MODELS.build(dict(head, num_classes=num_classes))
        super().__init__(
            in_channels=built.in_channels if isinstance(built.in_channels, int) else built.in_channels[-1],
            in_index=-1,  # the tap is the context's last level
            channels=built.channels,
            num_classes=num_classes,
            dropout_ratio=0,
            init_cfg=None,
            **kwargs,
        )
        del self.conv_seg
        self.head = built
        self.scale_attention = attention
        if isinstance(attention, dict):
            outputs = dict(num_classes=num_classes) if classwise else dict(num_classes=1, threshold=0.5)
            self.scale_attention = MODELS.build({**attention, **outputs})
        self.detail_weight = detail_weight
        self.context_weight = context_weight

    def forward(self, inputs: tuple) -> Tensor | HeadOutput:
        """Fused logits N,C,h,w at the detail's resolution from what the backbone gives."""
        views, *levels = inputs
        if not isinstance(views, Views):
            raise UserError("model.decode_head is an HRDAHead, which needs model.backbone=dict(type='MultiResolution')")
        detail_levels, context_levels = levels[: len(levels) // 2], levels[len(levels) // 2 :]
        context = self.head(context_levels)
        detail = self.head(detail_levels)
        fused, context = fuse(context, detail, self.attention(context_levels), views)
        return HeadOutput(fused, Scales(detail, context, views.boxes[0])) if views.drawn else fused

    def attention(self, context_levels: list[Tensor]) -> Tensor | float:
        """How far to trust the detail, in [0, 1], N,C,h,w or N,1,h,w or a constant."""
        if isinstance(self.scale_attention, nn.Module):
            return torch.sigmoid(self.scale_attention(context_levels))
        return self.scale_attention

    def loss_by_feat(self, seg_logits: HeadOutput, batch_data_samples: list[SegDataSample]) -> dict:
        """MMSeg's losses of the fused logits, and ``loss_detail``, ``loss_context`` where they have a weight."""
        fused, scales = seg_logits
        own = super().loss_by_feat
        losses = self._weighted(own(fused, batch_data_samples), 1 - self.detail_weight - self.context_weight)
        if self.detail_weight:
            cropped = [_cropped(sample, scales.box) for sample in batch_data_samples]
            losses['loss_detail'] = self.detail_weight * _total(own(scales.detail, cropped))
        if self.context_weight:
            losses['loss_context'] = self.context_weight * _total(own(scales.context, batch_data_samples))
        return losses

    def pixel_losses(self, seg_logits: HeadOutput, labels: Tensor, weights: Tensor | None) -> dict[str, Tensor]:
        """The same of labels and weights N,H,W: ``loss_seg``, ``loss_detail`` and ``loss_context``."""
        fused, scales = seg_logits

        def loss(logits: Tensor, labels: Tensor, weights: Tensor | None) -> Tensor:
            logits = resize(logits, labels.shape[1:], mode='bilinear', align_corners=self.align_corners)
            return weighted_cross_entropy(logits, labels, weights, self.ignore_index)

        losses = dict(loss_seg=(1 - self.detail_weight - self.context_weight) * loss(fused, labels, weights))
        if self.detail_weight:
            maps = [values if values is None else crop(values, scales.box) for values in (labels, weights)]
            losses['loss_detail'] = self.detail_weight * loss(scales.detail, *maps)
        if self.context_weight:
            losses['loss_context'] = self.context_weight * loss(scales.context, labels, weights)
        return losses

    @staticmethod
    def _weighted(losses: dict, weight: float) -> dict:
        return {name: weight * value if 'loss' in name else value for name, value in losses.items()}


def _total(losses: dict[str, Tensor]) -> Tensor:
    return sum(value for name, value in losses.items() if 'loss' in name)


def _cropped(sample: SegDataSample, box: Box) -> SegDataSample:
    return SegDataSample(gt_sem_seg=PixelData(data=crop(sample.gt_sem_seg.data, box)))


pixel_losses.register(HRDAHead, HRDAHead.pixel_losses)
