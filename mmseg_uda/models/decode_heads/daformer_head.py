"""DAFormer's head: all levels of the backbone, fused with context (Hoyer et al., DAFormer, CVPR 2022, section 3.2)."""

from collections.abc import Sequence
from typing import Literal

import torch
from mmcv.cnn import ConvModule
from mmseg.models.decode_heads.aspp_head import ASPPModule
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.models.decode_heads.sep_aspp_head import DepthwiseSeparableASPPModule
from mmseg.models.utils import resize
from mmseg.registry import MODELS
from torch import Tensor, nn

from mmseg_uda.errors import choice


class Embedding(nn.Module):
    """One linear layer for all pixels of a level, N,C,h,w to N,D,h,w."""

    def __init__(self, in_channels: int, channels: int) -> None:
        super().__init__()
        self.proj = nn.Linear(in_channels, channels)

    def forward(self, level: Tensor) -> Tensor:
        return self.proj(level.permute(0, 2, 3, 1)).permute(0, 3, 1, 2).contiguous()


class ContextFusion(nn.Module):
    """Convolutions of several dilations side by side, and one over what they give."""

    def __init__(
        self, pyramid: type[ASPPModule], in_channels: int, channels: int, dilations: Sequence[int], **layers
    ) -> None:
        super().__init__()
        self.aspp_modules = pyramid(
            dilations=dilations, in_channels=in_channels, channels=channels, conv_cfg=None, **layers
        )
        self.bottleneck = ConvModule(len(dilations) * channels, channels, 3, padding=1, **layers)

    def forward(self, levels: Tensor) -> Tensor:
        return self.bottleneck(torch.cat(self.aspp_modules(levels), dim=1))


PYRAMIDS = dict(sepaspp=DepthwiseSeparableASPPModule, aspp=ASPPModule)


@MODELS.register_module()
class DAFormerHead(BaseDecodeHead):
    """Embed each level, bring all to the size of the first, fuse and classify them.

    Logits have the size of the first level, a quarter of the image's on MiT. Names of weights are the released ones.

    Args:
        in_channels: Of each level.
        embed_dims: Channels of each embedded level.
        fusion: ``'sepaspp'``: depthwise separable convolutions with ``dilations``, without image pooling (DAFormer);
            ``'aspp'``: plain ones; ``'conv1'``: one 1x1 convolution (HRDA's attention).
        dilations: Of the fusion; 1 is a 1x1 convolution.
        in_index: Which levels; None: the first, as many as ``in_channels`` names.
        norm_cfg: Of the fusion; None: BatchNorm.
        kwargs: Arguments of MMSeg's ``BaseDecodeHead``; ``channels`` are those of the fusion.
    """

    def __init__(
        self,
        in_channels: Sequence[int] = (64, 128, 320, 512),
        channels: int = 256,
        embed_dims: int = 256,
        fusion: Literal['sepaspp', 'aspp', 'conv1'] = 'sepaspp',
        dilations: Sequence[int] = (1, 6, 12, 18),
        in_index: Sequence[int] | None = None,
        norm_cfg: dict | None = None,
        **kwargs,
    ) -> None:
        super().__init__(
            in_channels=in_channels,
            channels=channels,
            in_index=tuple(range(len(in_channels))) if in_index is None else in_index,
            input_transform='multiple_select',
            norm_cfg=norm_cfg or dict(type='BN'),
            **kwargs,
        )
        choice('DAFormerHead: fusion', fusion, (*PYRAMIDS, 'conv1'))
        self.embed_layers = nn.ModuleDict({str(i): Embedding(n, embed_dims) for i, n in enumerate(in_channels)})
        width = embed_dims * len(in_channels)
        layers = dict(norm_cfg=self.norm_cfg, act_cfg=self.act_cfg)
        if fusion == 'conv1':
            self.fuse_layer = ConvModule(width, channels, 1, **layers)
        else:
            self.fuse_layer = ContextFusion(PYRAMIDS[fusion], width, channels, dilations, **layers)

    def forward(self, inputs: tuple[Tensor, ...]) -> Tensor:
        """Logits N,C,h,w at the first level's size from all levels, each N,D,h',w'."""
        levels = self._transform_inputs(inputs)
        size = levels[0].shape[2:]
        embedded = []
        for level, embed in zip(levels, self.embed_layers.values(), strict=True):
            level = embed(level)
            if level.shape[2:] != size:
                level = resize(level, size, mode='bilinear', align_corners=self.align_corners)
            embedded.append(level)
        return self.cls_seg(self.fuse_layer(torch.cat(embedded, dim=1)))
