"""Classifier of DeepLabV2 (Chen et al., "DeepLab", TPAMI 2018, "ASPP-L")."""

from collections.abc import Sequence

from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.registry import MODELS
from torch import Tensor, nn

from mmseg_uda.errors import UserError


@MODELS.register_module()
class DeepLabV2Head(BaseDecodeHead):
    """Parallel atrous 3x3 convolutions straight to the classes, summed.

    Input: features; the one at ``in_index`` is N,in_channels,h,w. Output: logits, N,num_classes,h,w.
    There is no dropout, and no ``conv_seg`` (parameters without gradients break DDP). Cross-entropy
    is averaged over the pixels that are not ignored.

    Args:
        in_channels: Channels of that feature.
        num_classes: Number of classes.
        dilations: Of the branches.
        num_branches: How many of them exist and are summed. 4 is DeepLab (ADVENT, BDL, FDA, PLCA);
            released AdaptSegNet, DAST, DACS and ProDA code returns inside its loop and sums only
            the first two, the others never get gradients.
        bias: Whether the convolutions have biases (PLCA: no).
        in_index: Which feature; 2 for an auxiliary classifier on stage 3 of a ResNet.
        align_corners: Of the bilinear upsampling to the labels and predictions.
        loss_decode: As in MMSeg.
        init_cfg: Weights N(0, 0.01) by default.
        kwargs: Other arguments of MMSeg's BaseDecodeHead.

    Raises:
        UserError: ``num_branches`` is not between 1 and the number of dilations.
    """

    def __init__(
        self,
        in_channels: int = 2048,
        *,
        num_classes: int,
        dilations: Sequence[int] = (6, 12, 18, 24),
        num_branches: int = 4,
        bias: bool = True,
        in_index: int = -1,
        align_corners: bool = True,
        loss_decode: dict | list[dict] | None = None,
        init_cfg: dict | list[dict] | None = None,
        **kwargs,
    ) -> None:
        if not 1 <= num_branches <= len(dilations):
            raise UserError(f'num_branches is {num_branches}, expected 1 to {len(dilations)} (one a dilation)')
        super().__init__(
            in_channels,
            num_classes,
            num_classes=num_classes,
            dropout_ratio=0,
            in_index=in_index,
            align_corners=align_corners,
            loss_decode=loss_decode or dict(type='CrossEntropyLoss', avg_non_ignore=True),
            init_cfg=init_cfg or dict(type='Normal', layer='Conv2d', std=0.01),
            **kwargs,
        )
        del self.conv_seg
        self.convs = nn.ModuleList(
            nn.Conv2d(in_channels, self.out_channels, 3, padding=d, dilation=d, bias=bias)
            for d in dilations[:num_branches]
        )

    def forward(self, inputs: tuple[Tensor, ...]) -> Tensor:
        """Features to low-resolution logits, N,num_classes,h,w."""
        x = self._transform_inputs(inputs)
        return sum((conv(x) for conv in self.convs[1:]), start=self.convs[0](x))
