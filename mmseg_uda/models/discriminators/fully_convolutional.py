"""The two fully convolutional discriminators of the AdaptSegNet lineage."""

from collections.abc import Sequence
from itertools import pairwise

import torch.nn.functional as F
from mmseg.registry import MODELS
from torch import Tensor, nn

from .base import BaseDiscriminator


class _ConvStack(BaseDiscriminator):
    """Convolutions with LeakyReLU between them, named as in the released state dicts (``conv1``.. ``classifier``)."""

    def __init__(
        self,
        in_channels: int,
        channels: Sequence[int],
        conv: dict,
        negative_slope: float,
        init_cfg: dict | None,
    ) -> None:
        super().__init__(init_cfg)
        self.in_channels = in_channels
        self.negative_slope = negative_slope
        widths = [in_channels, *channels]
        for i, (before, after) in enumerate(pairwise(widths), start=1):
            self.add_module(f'conv{i}', nn.Conv2d(before, after, **conv))
        self.num_convs = len(channels)
        self.classifier = nn.Conv2d(widths[-1], 1, **conv)

    def forward(self, x: Tensor) -> Tensor:
        """Score a map.

        Args:
            x: N,in_channels,H,W.

        Returns:
            Raw scores N,1,h,w (no sigmoid).
        """
        for i in range(1, self.num_convs + 1):
            x = F.leaky_relu(self.get_submodule(f'conv{i}')(x), self.negative_slope)
        return self.classifier(x)


@MODELS.register_module()
class OutputDiscriminator(_ConvStack):
    """Discriminator of predictions: 4x4 convolutions with stride 2, 64-128-256-512-1 (AdaptSegNet; DAST's corrector).

    Args:
        in_channels: Number of classes.
        channels: Width of the hidden layers.
        init_cfg: MMEngine initialisation; None keeps torch's default, as the released codes do.
        upsample: Bring the scores to the input's size, bilinear with ``align_corners`` as all upsampling of this
            lineage (PixIntraDA, Sec. 5.1).
    """

    def __init__(
        self,
        in_channels: int,
        channels: Sequence[int] = (64, 128, 256, 512),
        init_cfg: dict | None = None,
        upsample: bool = False,
    ) -> None:
        conv = dict(kernel_size=4, stride=2, padding=1)
        super().__init__(in_channels, channels, conv, negative_slope=0.2, init_cfg=init_cfg)
        self.upsample = upsample

    def forward(self, x: Tensor) -> Tensor:
        """Score a map.

        Args:
            x: N,in_channels,H,W.

        Returns:
            Raw scores (no sigmoid), N,1,h,w, or N,1,H,W with ``upsample``.
        """
        score = super().forward(x)
        if not self.upsample:
            return score
        return F.interpolate(score, size=x.shape[2:], mode='bilinear', align_corners=True)


@MODELS.register_module()
class FeatureDiscriminator(_ConvStack):
    """Discriminator of features that keeps their resolution: 3x3 convolutions with stride 1 (DAST's discoverer).

    Args:
        in_channels: Channels C of the feature.
        channels: Width of the hidden layers. None is the released code's (C/2, C/4, C/8); the paper prints (256, 128,
            64).
        init_cfg: MMEngine initialisation; None keeps torch's default, as the released code does.
    """

    def __init__(
        self,
        in_channels: int,
        channels: Sequence[int] | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        if channels is None:
            channels = (in_channels // 2, in_channels // 4, in_channels // 8)
        conv = dict(kernel_size=3, stride=1, padding=1)
        super().__init__(in_channels, channels, conv, negative_slope=0.2, init_cfg=init_cfg)
