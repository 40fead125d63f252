"""The end of a ResNet, split off so that features can be refined before it."""

from mmcv.cnn import build_norm_layer
from mmseg.models.backbones.resnet import Bottleneck
from mmseg.registry import MODELS
from torch import Tensor, nn

from mmseg_uda.errors import choice


@MODELS.register_module()
class ResidualTail(Bottleneck):
    """The last bottleneck block of a ResNet as a neck: features in, features out.

    DAST (Section 3.2 and its released code) refines the features after the second block of stage 4;
    the third block belongs to the label predictor. Use with ``drop_last_blocks=1`` of
    :class:`DeepLabResNet`.

    Input and output: a tuple of features, of which the last, N,channels,h,w, goes through the block.
    Parameters are named like a block's (``conv1.weight``), so that those of a whole ResNet load
    with ``init_cfg=dict(type='Pretrained', checkpoint=..., prefix='backbone.layer4.2')``.

    Args:
        channels: Channels of the last feature, in and out.
        dilation: Of the 3x3 convolution.
        shortcut: ``'identity'``: as in a ResNet. ``'conv'``: a randomly initialised 1x1 convolution
            with norm, which the released DAST code puts there.
        style, norm_cfg: As in MMSeg's ResNet.
        init_cfg: Convolutions are N(0, 0.01) unless this says otherwise; pretrained weights are
            loaded over that.

    Raises:
        UserError: Unknown ``shortcut``.
    """

    def __init__(
        self,
        channels: int = 2048,
        dilation: int = 4,
        shortcut: str = 'identity',
        style: str = 'caffe',
        norm_cfg: dict | None = None,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        norm_cfg = norm_cfg or dict(type='BN', requires_grad=False)
        downsample = None
        if choice('neck.shortcut', shortcut, ('identity', 'conv')) == 'conv':
            downsample = nn.Sequential(
                nn.Conv2d(channels, channels, 1, bias=False),
                build_norm_layer(norm_cfg, channels)[1],
            )
        init_cfgs = [init_cfg] if isinstance(init_cfg, dict) else list(init_cfg or [])
        super().__init__(
            channels,
            channels // self.expansion,
            dilation=dilation,
            downsample=downsample,
            style=style,
            norm_cfg=norm_cfg,
            init_cfg=[dict(type='Normal', layer='Conv2d', std=0.01), *init_cfgs],
        )

    def forward(self, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Apply the block to the last feature."""
        return (*inputs[:-1], super().forward(inputs[-1]))
