"""ResNet of DeepLabV2, as the AdaptSegNet lineage uses it."""

from mmseg.models.backbones import ResNet
from mmseg.registry import MODELS

from mmseg_uda.errors import UserError


@MODELS.register_module()
class DeepLabResNet(ResNet):
    """Caffe-style dilated ResNet with output stride 8.

    It differs from MMSeg's in the stem's max-pool (``ceil_mode=True``) and in its defaults: the
    stride sits on a bottleneck's first 1x1 convolution, all blocks of stages 3 and 4 are dilated
    by 2 and 4, and the affine parameters of BatchNorm are frozen while its statistics are not
    (Chen et al., "DeepLab", TPAMI 2018; Tsai et al., "AdaptSegNet", CVPR 2018, released code).

    Input: N,3,H,W. Output: features of 256, 512, 1024 and 2048 channels at strides 4, 8, 8 and 8.

    Args:
        depth: 50, 101 or 152.
        strides, dilations, style, contract_dilation, norm_cfg: As in MMSeg's ResNet.
        drop_last_blocks: Leave out this many blocks at the end of the last stage. DAST taps the
            features after the second of three blocks: 1 here, and :class:`ResidualTail` as neck.
        kwargs: Other arguments of MMSeg's ResNet. For activation checkpointing see
            :func:`mmseg_uda.utils.checkpointing.checkpoint_activations`: ``with_cp`` is refused,
            its reentrant form breaks DDP when two domains run in one step.

    Raises:
        UserError: ``with_cp`` is set, or ``drop_last_blocks`` leaves no block.
    """

    def __init__(
        self,
        depth: int = 101,
        strides: tuple[int, ...] = (1, 2, 1, 1),
        dilations: tuple[int, ...] = (1, 1, 2, 4),
        style: str = 'caffe',
        contract_dilation: bool = False,
        norm_cfg: dict | None = None,
        drop_last_blocks: int = 0,
        **kwargs,
    ) -> None:
        if kwargs.get('with_cp'):
            raise UserError('backbone.with_cp is not supported: set model.activation_checkpointing=True')
        super().__init__(
            depth,
            strides=strides,
            dilations=dilations,
            style=style,
            contract_dilation=contract_dilation,
            norm_cfg=norm_cfg or dict(type='BN', requires_grad=False),
            **kwargs,
        )
        self.maxpool.ceil_mode = True
        last_stage = getattr(self, self.res_layers[-1])
        if not 0 <= drop_last_blocks < len(last_stage):
            raise UserError(
                f'backbone.drop_last_blocks is {drop_last_blocks}; the last stage has '
                f'{len(last_stage)} blocks, of which at least one must stay'
            )
        del last_stage[len(last_stage) - drop_last_blocks :]
