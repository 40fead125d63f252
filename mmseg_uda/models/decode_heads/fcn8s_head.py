"""Skip fusion of FCN-8s (Long et al., CVPR 2015, "at once"), as the released BDL code has it."""

from collections.abc import Sequence

import torch
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.registry import MODELS
from torch import Tensor, nn

from ..backbones.fcn8s_vgg import FCN8S_FEATURES, image_support
from . import geometry

POOL4_SCALE, POOL3_SCALE = 0.01, 0.0001
POOL4_OFFSET, POOL3_OFFSET, SCORE_OFFSET = 5, 9, 31


def bilinear_kernel(channels: int, kernel_size: int) -> Tensor:
    """Weights with which a transposed convolution upsamples each channel bilinearly.

    Returns:
        channels,channels,kernel_size,kernel_size; zero between different channels.
    """
    factor = (kernel_size + 1) // 2
    center = factor - 1 if kernel_size % 2 else factor - 0.5
    profile = 1 - (torch.arange(kernel_size, dtype=torch.float64) - center).abs() / factor
    return torch.einsum('io,h,w->iohw', torch.eye(channels).double(), profile, profile).float()


@MODELS.register_module()
class FCN8sHead(BaseDecodeHead):
    """Scores of fc7, pool4 and pool3, upsampled by transposed convolutions and summed.

    Input: the features pool3, pool4 and fc7 of :class:`FCN8sVGG`. Output: the fused scores at 1/8,
    N,num_classes,h,w, which reach beyond the image (74x138 for 512x1024); :meth:`upsample` brings
    them to the image. The loss and predictions go through it.

    Args:
        num_classes: Number of classes.
        in_channels: Channels of pool3, pool4 and fc7.
        fc7_dropout: Share of fc7's channels that are dropped before it is scored; 0 where the backbone does it.
        trainable_upsampling: Whether the transposed convolutions are trained. False: they stay
            bilinear (BDL's code). True: SAM's text.
        loss_decode: As in MMSeg.
        init_cfg: Score weights are zero by default, as in the released code.
        kwargs: Other arguments of MMSeg's BaseDecodeHead.
    """

    def __init__(
        self,
        *,
        num_classes: int,
        in_channels: Sequence[int] = (256, 512, 4096),
        fc7_dropout: float = 0.5,
        trainable_upsampling: bool = False,
        loss_decode: dict | list[dict] | None = None,
        init_cfg: dict | list[dict] | None = None,
        **kwargs,
    ) -> None:
        super().__init__(
            list(in_channels),
            num_classes,
            num_classes=num_classes,
            dropout_ratio=0,
            in_index=[0, 1, 2],
            input_transform='multiple_select',
            loss_decode=loss_decode or dict(type='CrossEntropyLoss', avg_non_ignore=True),
            init_cfg=init_cfg or dict(type='Constant', layer='Conv2d', val=0),
            **kwargs,
        )
        del self.conv_seg
        self.fc7_dropout = nn.Dropout2d(fc7_dropout)
        channels = self.out_channels
        self.score_pool3, self.score_pool4, self.score_fc7 = (nn.Conv2d(c, channels, 1) for c in in_channels)
        self.upscore_fc7 = nn.ConvTranspose2d(channels, channels, 4, stride=2, bias=False)
        self.upscore_pool4 = nn.ConvTranspose2d(channels, channels, 4, stride=2, bias=False)
        self.upscore = nn.ConvTranspose2d(channels, channels, 16, stride=8, bias=False)
        for layer in (self.upscore_fc7, self.upscore_pool4, self.upscore):
            layer.weight.data.copy_(bilinear_kernel(channels, layer.kernel_size[0]))
            layer.weight.requires_grad = trainable_upsampling

    def forward(self, inputs: tuple[Tensor, ...]) -> Tensor:
        """Features to the fused scores at 1/8, N,num_classes,h,w."""
        pool3, pool4, fc7 = self._transform_inputs(inputs)
        fused = self.upscore_fc7(self.score_fc7(self.fc7_dropout(fc7)))
        fused = fused + _crop(self.score_pool4(pool4 * POOL4_SCALE), POOL4_OFFSET, fused.shape[2:])
        fused = self.upscore_pool4(fused)
        return fused + _crop(self.score_pool3(pool3 * POOL3_SCALE), POOL3_OFFSET, fused.shape[2:])

    def upsample(self, logits: Tensor, size: Sequence[int]) -> Tensor:
        """Fused scores to the image.

        Args:
            logits: Output of :meth:`forward`, N,C,h,w.
            size: (H, W) of the network's input the scores were computed from.

        Returns:
            Logits N,C,H,W; ``logits`` itself when it has that size.

        Raises:
            ValueError: The scores do not reach that far.
        """
        if tuple(logits.shape[2:]) == tuple(size):
            return logits
        return _crop(self.upscore(logits), SCORE_OFFSET, size)

    def on_image(self, maps: Tensor, size: Sequence[int], index: int | None = None) -> Tensor:
        """Leave out the cells that see nothing but the padding.

        Args:
            maps: Fused scores N,C,h,w, or one of the features.
            size: (H, W) of the network's input.
            index: Which feature: 0, 1 and 2 are pool3, pool4 and fc7; None: the scores.

        Returns:
            The cells whose centers lie on the image.
        """
        rows, columns = image_support('score' if index is None else FCN8S_FEATURES[index], size)
        return maps[..., rows, columns]

    def loss_by_feat(self, seg_logits: Tensor, batch_data_samples: list) -> dict[str, Tensor]:
        """MMSeg's, on logits at the labels' size."""
        size = batch_data_samples[0].gt_sem_seg.data.shape[-2:]
        return super().loss_by_feat(self.upsample(seg_logits, size), batch_data_samples)

    def predict_by_feat(self, seg_logits: Tensor, batch_img_metas: list[dict]) -> Tensor:
        """MMSeg's, on logits at the network input's size."""
        meta = batch_img_metas[0]
        # MMSeg's slide inference marks a window by a torch.Size
        is_window = isinstance(meta['img_shape'], torch.Size)
        size = meta['img_shape'] if is_window else meta.get('pad_shape', meta['img_shape'])
        return super().predict_by_feat(self.upsample(seg_logits, size[:2]), batch_img_metas)


geometry.spans_image.register(FCN8sHead, lambda head: False)
geometry.upsample.register(FCN8sHead, FCN8sHead.upsample)
geometry.on_image.register(FCN8sHead, FCN8sHead.on_image)


def _crop(x: Tensor, offset: int, size: Sequence[int]) -> Tensor:
    height, width = size
    if x.shape[2] < offset + height or x.shape[3] < offset + width:
        raise ValueError(
            f'FCN-8s: scores of size {tuple(x.shape[2:])} cannot be cropped to {tuple(size)} at '
            f'{offset}: they were computed from an image of another size'
        )
    return x[:, :, offset : offset + height, offset : offset + width]
