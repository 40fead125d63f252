"""SAM, a self-attention module that carries inter-pixel correlations from the source to the target.

Chung, Yoo and Kwak, "Exploiting Inter-pixel Correlations in Unsupervised Domain Adaptation for Semantic Segmentation",
2021. (Not Segment Anything.) Two runs: :class:`SelfAttentionTraining` trains the module together with a network on
source images; :class:`SelfAttentionTransfer` trains a fresh network to follow the module, which is frozen by then. The
network is tested without the module.

The map runs over all of ``z``, as the equations have it. FCN-8s's ``z`` reaches beyond the image (74x138 cells for a
512x1024 input, of which 64x128 are centered on it): the paper does not crop it, and no labels are paired with its cells
here, so neither do we.
"""

from collections.abc import Sequence

import torch
from mmengine.model import BaseModule
from mmseg.registry import MODELS
from torch import Tensor, nn

from mmseg_uda.errors import UserError, choice

from ..domain_output import DomainOutput
from ..losses import inter_pixel_loss
from ..losses.inter_pixel import KINDS
from ..ops import self_attend
from .base import Adaptation

MAPS = ('prediction', 'feature')
FOLLOWED = ('residual', 'attended')


@MODELS.register_module()
class SelfAttentionModule(BaseModule):
    """``z' = M' z``: each pixel as the average of those that a 1x1 convolution finds similar (Sec. 4.1).

    Args:
        channels: Channels of ``z``: the number of classes, or of feature channels.
        conv: Whether there is a convolution. False: similarities of ``z`` itself, nothing to train ("No Conv").
        init_cfg: Where its weights come from, e.g. ``dict(type='Pretrained', checkpoint=...,
            prefix='adaptations.sam_module.module')`` from a checkpoint of the run that trained it.
    """

    def __init__(self, channels: int, conv: bool = True, init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        self.channels = channels
        self.conv = nn.Conv2d(channels, channels, 1) if conv else nn.Identity()

    def forward(self, z: Tensor) -> Tensor:
        """N,C,h,w to ``z'``, N,C,h,w, in O(h*w*C) memory."""
        return self_attend(self.conv(z), z)


class SelfAttentionAdaptation(Adaptation):
    """What both runs share: a module, and the map it sees.

    Args:
        module: Config of a :class:`SelfAttentionModule`.
        on: The map ``z``. ``'prediction'``: the decode head's logits before upsampling. ``'feature'``: the feature that
            the decode head reads (Supplement B).
    """

    def __init__(self, module: dict, on: str = 'prediction') -> None:
        super().__init__()
        choice('on', on, MAPS)
        self.module = MODELS.build(module)
        self.on = on

    def setup(self, segmentor) -> None:
        """Refuse a module for another number of channels.

        Raises:
            UserError: Naming the config key.
        """
        head = segmentor.decode_head
        key = f'model.adaptations.{self.name}'
        if self.on == 'feature' and not isinstance(head.in_index, int):
            raise UserError(
                f"{key}.on is 'feature', but {type(head).__name__} reads the outputs {head.in_index} of the backbone "
                "rather than one; use on='prediction'"
            )
        wanted = head.out_channels if self.on == 'prediction' else head.in_channels
        if self.module.channels != wanted:
            raise UserError(
                f'{key}.module.channels is {self.module.channels}, but the {self.on} of model.decode_head '
                f'({type(head).__name__}) has {wanted} channels: set channels={wanted}'
            )

    def seen(self, segmentor, output: DomainOutput) -> Tensor:
        """The map ``z`` that the module sees, N,C,h,w."""
        return output.logits if self.on == 'prediction' else output.features[segmentor.decode_head.in_index]


@MODELS.register_module()
class SelfAttentionTraining(SelfAttentionAdaptation):
    """Train module and network on source images, by the head's loss on ``up(z'')``, ``z'' = z + z'`` (Fig. 2a).

    The usual supervised loss is replaced, so the config also says ``model.source_loss_weight=0``.

    Args:
        module: Config of a :class:`SelfAttentionModule`.
        on: See :class:`SelfAttentionAdaptation`. With ``'feature'`` the head classifies ``f + f'``.
        skip: Whether ``z`` is added. False: the loss is on ``z'`` ("No skip-connection").
    """

    requires = ('source',)

    def __init__(self, module: dict, on: str = 'prediction', skip: bool = True) -> None:
        super().__init__(module, on)
        self.skip = skip

    def source_loss(self, segmentor, source: DomainOutput) -> dict[str, Tensor]:
        """The decode head's losses (``loss_ce``) and its accuracy."""
        z = self.seen(segmentor, source)
        attended = self.module(z)
        if self.skip:
            attended = z + attended
        head = segmentor.decode_head
        if self.on == 'feature':
            features = list(source.features)
            features[head.in_index] = attended
            attended = head(tuple(features))
        logits = segmentor.upsample(attended, source.inputs.shape[2:])
        return head.loss_by_feat(logits, source.samples)


@MODELS.register_module()
class SelfAttentionTransfer(SelfAttentionAdaptation):
    """Pull ``z`` to what the frozen module makes of it (Sec. 4.2).

    Paper's settings: DeepLabV2 from GTA5 ``follow='residual'`` on both domains, weight 0.1 (Eq. 8, 10), from SYNTHIA
    ``follow='attended'`` on the target (Eq. 9, 11); FCN-8s the former with weight 0.001.

    The module's parameters do not require gradients, so no optimiser holds them; they are part of checkpoints. Testing
    does not need the file that ``init_cfg`` names.

    Args:
        module: Config of a :class:`SelfAttentionModule`, with an ``init_cfg`` that names its weights.
        loss_weight: lambda, the weight of each domain's term.
        follow: ``'residual'``: ``z'' = z + z'`` (Eq. 8). ``'attended'``: ``z'`` (Eq. 9).
        domains: ``('source', 'target')`` is Eq. 10, ``('target',)`` Eq. 11. In a step without source images only the
            target counts.
        kind: ``'l1'``, the mean over elements, or Supplement B's ``'kl'`` or ``'cosine'``, means over pixels.
        on: See :class:`SelfAttentionAdaptation`. Supplement B's "both" is two adaptations.

    Raises:
        UserError: For other values.
    """

    requires = ('target',)

    def __init__(
        self,
        module: dict,
        loss_weight: float = 0.1,
        follow: str = 'residual',
        domains: Sequence[str] = ('source', 'target'),
        kind: str = 'l1',
        on: str = 'prediction',
    ) -> None:
        super().__init__(module, on)
        choice('follow', follow, FOLLOWED)
        choice('kind', kind, KINDS)
        if tuple(domains) not in (('source', 'target'), ('target',)):
            raise UserError(f"domains is {domains!r}, expected ('source', 'target') or ('target',)")
        self.loss_weight = loss_weight
        self.follow = follow
        self.domains = tuple(domains)
        self.kind = kind
        self.module.requires_grad_(False)

    def source_loss(self, segmentor, source: DomainOutput) -> dict[str, Tensor]:
        """``loss_source`` if asked for."""
        if 'source' not in self.domains:
            return {}
        return dict(loss_source=self.loss_weight * self.distance(self.seen(segmentor, source)))

    def loss(self, segmentor, source: DomainOutput | None, target: DomainOutput) -> dict[str, Tensor]:
        """``loss_target``."""
        return dict(loss_target=self.loss_weight * self.distance(self.seen(segmentor, target)))

    def distance(self, z: Tensor) -> Tensor:
        """How far ``z``, N,C,h,w, is from what the module makes of it; gradients reach ``z`` alone."""
        with torch.no_grad():
            attended = self.module(z)
            if self.follow == 'residual':
                attended = z + attended
        return inter_pixel_loss(z, attended, self.kind)
