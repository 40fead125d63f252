"""fc6 and fc7 of DeepLab-VGG16, split off so that features can be refined before them."""

from mmengine.model import BaseModule
from mmseg.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class VGGTail(BaseModule):
    """Two dilated 3x3 convolutions with ReLU in place of VGG16's first two fully connected layers.

    Input and output: a tuple of features; the last goes from N,in_channels,h,w to N,channels,h,w.
    The layers start with torch's default initialisation, as in the released AdaptSegNet and DAST
    code, where no pretrained weights exist for them.

    Args:
        in_channels: Channels of the last feature (conv5_3 of VGG16: 512).
        channels: Channels of fc6 and fc7.
        dilation: Of both convolutions.
        init_cfg: As in MMEngine.
    """

    checkpointable = True

    def __init__(
        self,
        in_channels: int = 512,
        channels: int = 1024,
        dilation: int = 4,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        super().__init__(init_cfg)
        self.fc6 = nn.Conv2d(in_channels, channels, 3, padding=dilation, dilation=dilation)
        self.fc7 = nn.Conv2d(channels, channels, 3, padding=dilation, dilation=dilation)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Apply fc6 and fc7 to the last feature."""
        x = self.relu(self.fc6(inputs[-1]))
        return (*inputs[:-1], self.relu(self.fc7(x)))
