"""VGG16 without its classifier: the stages, and DeepLab's dilated form of them."""

from mmengine.model import BaseModule
from mmseg.registry import MODELS
from torch import Tensor, nn

VGG16_STAGES = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))
"""(number of 3x3 convolutions, their channels) of each stage."""


class VGGStage(nn.Sequential):
    """``num_convs`` times 3x3 convolution and ReLU, then perhaps a 2x2 max-pool.

    Positions are those of torchvision's ``features``: convolutions at 0, 2, 4.

    Args:
        in_channels: Channels of the input.
        channels: Channels of all convolutions.
        num_convs: Number of convolutions.
        dilation: Of all convolutions; their padding keeps the size.
        first_padding: Padding of the first convolution instead.
        pool: Whether the stage ends with a pooling of stride 2.
        ceil_mode: Whether that pooling rounds odd sizes up.
    """

    checkpointable = True

    def __init__(
        self,
        in_channels: int,
        channels: int,
        num_convs: int,
        dilation: int = 1,
        first_padding: int | None = None,
        pool: bool = True,
        ceil_mode: bool = False,
    ) -> None:
        layers: list[nn.Module] = []
        for i in range(num_convs):
            padding = dilation if i or first_padding is None else first_padding
            layers += [
                nn.Conv2d(in_channels, channels, 3, padding=padding, dilation=dilation),
                nn.ReLU(inplace=True),
            ]
            in_channels = channels
        if pool:
            layers.append(nn.MaxPool2d(2, stride=2, ceil_mode=ceil_mode))
        super().__init__(*layers)


@MODELS.register_module()
class DeepLabVGG(BaseModule):
    """VGG16 of DeepLabV2 up to conv5_3 and its ReLU: no pool4, no pool5, stage 5 dilated by 2.

    fc6 and fc7 are the neck :class:`VGGTail`. Input: N,3,H,W. Output: a tuple with the last feature,
    N,512,H/8,W/8 (sizes rounded down).

    Args:
        init_cfg: As in MMEngine, e.g. ``dict(type='Pretrained', checkpoint=..., prefix='backbone')``.
    """

    def __init__(self, init_cfg: dict | list[dict] | None = None) -> None:
        super().__init__(init_cfg)
        self.stages = nn.ModuleList()
        in_channels = 3
        for i, (num_convs, channels) in enumerate(VGG16_STAGES):
            self.stages.append(VGGStage(in_channels, channels, num_convs, dilation=2 if i == 4 else 1, pool=i < 3))
            in_channels = channels

    def forward(self, x: Tensor) -> tuple[Tensor]:
        """N,3,H,W to one feature, N,512,H/8,W/8."""
        for stage in self.stages:
            x = stage(x)
        return (x,)
