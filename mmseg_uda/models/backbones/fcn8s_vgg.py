"""VGG16 of FCN-8s (Long et al., CVPR 2015), as the released BDL code has it."""

from collections.abc import Sequence

from mmengine.model import BaseModule
from mmseg.registry import MODELS
from torch import Tensor, nn

from mmseg_uda.errors import choice

from .vgg import VGG16_STAGES, VGGStage

FCN8S_FEATURES = ('pool3', 'pool4', 'fc7')
"""Outputs of :class:`FCN8sVGG`, in order."""

CELL_CENTRES = dict(pool3=(8, -95.5), pool4=(16, -91.5), fc7=(32, 12.5), score=(8, -23.5))
"""(stride, offset) by map: cell k looks at image pixel ``stride * k + offset``.

``score`` is the fused score at 1/8. The offsets follow from the 100 pixels of padding.
"""


def image_support(name: str, size: Sequence[int]) -> tuple[slice, slice]:
    """Find the rows and columns of an FCN-8s map whose cells are centered inside the image.

    The padding of conv1_1 surrounds the image with cells that see none of it. A 512x1024 input has
    a 89x153 pool3, of which 64x128 cells lie on the image.

    Args:
        name: ``'pool3'``, ``'pool4'``, ``'fc7'`` or ``'score'``.
        size: (H, W) of the network's input.

    Returns:
        Slices, to be used as ``x[..., rows, columns]``.

    Raises:
        UserError: Unknown map.
    """
    stride, offset = CELL_CENTRES[choice('FCN-8s map', name, CELL_CENTRES)]
    first = max(0, int(-(offset // stride)))
    rows, columns = (slice(first, int((n - 1 - offset) // stride) + 1) for n in size)
    return rows, columns


@MODELS.register_module()
class FCN8sVGG(BaseModule):
    """VGG16 with conv1_1 padded by 100 pixels, fc6 as 7x7 and fc7 as 1x1 convolution.

    Input: N,3,H,W. Output: the features pool3 (256 channels, stride 8), pool4 (512, stride 16) and fc7
    (4096, stride 32), all larger than the image because of the padding; see :func:`image_support`.

    Args:
        dropout_ratio: Of whole channels, after fc6.
        fc7_dropout: The same after fc7. 0: the feature is what comes before it, and :class:`FCN8sHead` drops. Losses on
            features then see fc7 itself; behind the dropout, a vector and the same one under another mask have cosine
            similarity 0.5.
        init_cfg: As in MMEngine, e.g. ``dict(type='Pretrained', checkpoint=..., prefix='backbone')``.
    """

    def __init__(
        self, dropout_ratio: float = 0.5, fc7_dropout: float = 0.0, init_cfg: dict | list[dict] | None = None
    ) -> None:
        super().__init__(init_cfg)
        self.stages = nn.ModuleList()
        in_channels = 3
        for i, (num_convs, channels) in enumerate(VGG16_STAGES):
            self.stages.append(
                VGGStage(
                    in_channels,
                    channels,
                    num_convs,
                    first_padding=100 if i == 0 else None,
                    ceil_mode=True,
                )
            )
            in_channels = channels
        self.fc6 = nn.Conv2d(512, 4096, 7)
        self.fc7 = nn.Conv2d(4096, 4096, 1)
        self.relu = nn.ReLU(inplace=True)
        self.dropout = nn.Dropout2d(dropout_ratio)
        self.fc7_dropout = nn.Dropout2d(fc7_dropout)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """N,3,H,W to the features pool3, pool4 and fc7."""
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        x = self.dropout(self.relu(self.fc6(x)))
        x = self.fc7_dropout(self.relu(self.fc7(x)))
        return features[2], features[3], x
