"""Features of things that stay near those of ImageNet (DAFormer, Hoyer et al., CVPR 2022, section 3.3)."""

import copy
from collections.abc import Sequence

import torch
from mmseg.registry import MODELS
from torch import Tensor

from mmseg_uda.errors import UserError

from ..backbones.multi_resolution import context_levels
from ..domain_output import DomainOutput
from ..losses import cell_labels, masked_feature_distance
from .base import Adaptation

THINGS = (6, 7, 11, 12, 13, 14, 15, 16, 17, 18)
"""Traffic lights and signs, people and vehicles among Cityscapes' classes."""


@MODELS.register_module()
class FeatureDistance(Adaptation):
    """Distance of the features at the tap of source images, the backbone's last, from those of its initial weights.

    The reference is a second backbone, in eval mode and without gradients, that gets its weights as the first one does,
    by ``model.backbone.init_cfg``. It is part of checkpoints, so that a resumed run compares with the same one.

    Args:
        classes: Cells of these classes count.
        min_share: A cell counts if its class covers at least this share of it.
        loss_weight: Weight of the distance.

    Raises:
        UserError: When training starts, if the backbone names no weights to start from.
    """

    requires = ('source',)
    forwards = ('source',)

    def __init__(self, classes: Sequence[int] = THINGS, min_share: float = 0.75, loss_weight: float = 0.005) -> None:
        super().__init__()
        self.classes = tuple(classes)
        self.min_share = min_share
        self.loss_weight = loss_weight

    def setup(self, segmentor) -> None:
        """Make the reference; it is filled when the weights are initialized."""
        self.reference = copy.deepcopy(segmentor.backbone).requires_grad_(False)

    def train(self, mode: bool = True) -> 'FeatureDistance':
        """Set the mode; the reference stays in eval mode."""
        super().train(mode)
        self.reference.eval()
        return self

    def init_weights(self) -> None:
        """Load the reference's weights."""
        if not any(_is_pretrained(getattr(module, 'init_cfg', None)) for module in self.reference.modules()):
            raise UserError(
                f'model.adaptations.{self.name} compares features with those of pretrained weights: set '
                'model.backbone.init_cfg=dict(type="Pretrained", checkpoint=...), or remove the adaptation'
            )
        super().init_weights()

    def source_loss(self, segmentor, source: DomainOutput) -> dict[str, Tensor]:
        """``loss_distance``, and the share of cells that count."""
        with torch.no_grad():
            reference = context_levels(self.reference, source.inputs)[segmentor.tap_index]
        cells = cell_labels(
            source.labels(),
            reference.shape[2:],
            segmentor.num_classes,
            self.min_share,
            segmentor.decode_head.ignore_index,
        )
        mask = torch.isin(cells, cells.new_tensor(self.classes))
        distance = masked_feature_distance(source.tap, reference, mask)
        return dict(loss_distance=self.loss_weight * distance, cells=mask.float().mean())


def _is_pretrained(init_cfg) -> bool:
    cfgs = init_cfg if isinstance(init_cfg, list) else [init_cfg or {}]
    return any(cfg.get('type') == 'Pretrained' for cfg in cfgs)
