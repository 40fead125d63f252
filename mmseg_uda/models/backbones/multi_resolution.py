"""One backbone at two resolutions (Hoyer et al., HRDA, ECCV 2022)."""

from collections.abc import Sequence

import torch
from mmengine.model import BaseModule
from mmseg.models.utils import resize
from mmseg.registry import MODELS
from torch import Tensor, nn

from mmseg_uda.errors import UserError

from ..ops.multi_resolution import Box, Views, crop, draw_box, windows


@MODELS.register_module()
class MultiResolution(BaseModule):
    """Run a backbone on the whole image at low resolution, the context, and on parts of it at full, the detail.

    In training the detail is one random crop, the same for all images of a batch, another one at each run; in eval mode
    overlapping windows cover the image.

    Args:
        backbone: Config of the backbone.
        context_scale: Of the context.
        detail: (h, w) of crop and windows in pixels.
        stride: From window to window, (h, w).
        divisible: Offsets of the crop are multiples of it: the stride of the backbone's first level over
            ``context_scale``.

    Attributes:
        whole: Whether windows are seen in training too (a teacher's copy).

    Raises:
        UserError: Images, crop or stride are not multiples of ``divisible``.
    """

    def __init__(
        self,
        backbone: dict,
        context_scale: float = 0.5,
        detail: Sequence[int] = (512, 512),
        stride: Sequence[int] = (256, 256),
        divisible: int = 8,
    ) -> None:
        super().__init__()
        self.backbone = MODELS.build(backbone)
        self.context_scale = context_scale
        self.detail = tuple(detail)
        self.stride = tuple(stride)
        self.divisible = divisible
        self.whole = False
        for key, sides in (('detail', self.detail), ('stride', self.stride)):
            self._check_multiple(f'model.backbone.{key} is {sides}', sides)

    def draw(self, size: Sequence[int]) -> Box:
        """Draw the crop of a run on images of ``size`` (H, W)."""
        return draw_box(size, self.detail, self.divisible)

    def views(self, size: Sequence[int]) -> Views:
        """What is seen in detail of images of ``size`` (H, W)."""
        self._check_multiple(f'images of {size[0]}x{size[1]} (test larger ones by test_cfg.mode="slide")', size)
        if self.training and not self.whole:
            return Views(tuple(size), [self.draw(size)], drawn=True)
        return Views(tuple(size), windows(size, self.detail, self.stride), drawn=False)

    def _check_multiple(self, what: str, sides: Sequence[int]) -> None:
        if any(side % self.divisible for side in sides):
            raise UserError(
                f'MultiResolution: {what}; expected multiples of divisible={self.divisible}, so that boxes fall on '
                'whole cells of the low-resolution maps'
            )

    def context(self, images: Tensor) -> tuple[Tensor, ...]:
        """Levels of the context, N,C,h,w each, of images N,3,H,W."""
        small = resize(images, scale_factor=self.context_scale, mode='bilinear', align_corners=False)
        return tuple(self.backbone(small))

    def forward(self, images: Tensor) -> tuple:
        """Which parts were seen, the levels of the detail, and those of the context.

        Args:
            images: N,3,H,W.

        Returns:
            :class:`~mmseg_uda.models.ops.multi_resolution.Views`, levels K * N,C,h,w of its K boxes (the first box of
            all images, then the next), levels N,C,h',w'; what :class:`~mmseg_uda.models.decode_heads.HRDAHead` reads.
        """
        views = self.views(images.shape[2:])
        context = self.context(images)
        detail = self.backbone(torch.cat([crop(images, box) for box in views.boxes]))
        return views, *detail, *context


def context_levels(backbone: nn.Module, images: Tensor) -> tuple[Tensor, ...]:
    """Levels of whole images N,3,H,W: a multi-resolution backbone's context, any other's own."""
    return backbone.context(images) if isinstance(backbone, MultiResolution) else tuple(backbone(images))


def see_whole_images(network: nn.Module) -> None:
    """Let the multi-resolution backbones of a network see windows in training too, in place."""
    for module in network.modules():
        if isinstance(module, MultiResolution):
            module.whole = True
