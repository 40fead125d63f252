"""A teacher, the moving average of the network, labels the target images (DACS, Tranheden et al., WACV 2021)."""

import torch
from mmseg.registry import MODELS
from torch import Tensor, nn
from torch.nn.modules.dropout import _DropoutNd

from ..backbones.multi_resolution import see_whole_images
from ..domain_output import DomainOutput
from ..ops import RampedMovingAverage, pseudo_labels
from .base import Adaptation

DROP_PATHS = ('DropPath', 'StochasticDepth')
"""Names of drop path in mmcv and timm, and in torchvision."""


def network(segmentor) -> nn.Module:
    """Backbone, neck if there is one, and decode head of a segmentor as one module from images to logits."""
    neck = [segmentor.neck] if segmentor.with_neck else []
    return nn.Sequential(segmentor.backbone, *neck, segmentor.decode_head)


@MODELS.register_module()
class EMATeacher(Adaptation):
    """Pseudo labels and their weights, which other adaptations learn from; no loss of its own.

    They are in ``target.store[name]`` as ``labels`` N,H,W int64 and ``weights`` N,H,W: the share of the batch's pixels
    of which the teacher is sure, one number for all pixels, and 0 where ``MarkMargins`` says that a label does not
    count. ``confident``, that share, is logged. The teacher sees clean images and normalizes them with the batch's own
    statistics, as the network does in training, but without dropout and drop path. Refinements of other adaptations are
    not part of it.

    Args:
        alpha: Share of the teacher that an update keeps in the long run.
        threshold: Probability from which a pixel is sure; None: all weights are 1.
        ramp: See :class:`~mmseg_uda.models.ops.RampedMovingAverage`: 1 for DAFormer and its successors, 0 for DACS.
        interval: Steps from one update to the next: ``optim_wrapper.accumulative_counts`` where that is not 1.
    """

    requires = ('target',)
    forwards = ()

    def __init__(
        self,
        alpha: float = 0.999,
        threshold: float | None = 0.968,
        ramp: int = 1,
        interval: int = 1,
    ) -> None:
        super().__init__()
        self.alpha = alpha
        self.threshold = threshold
        self.ramp = ramp
        self.interval = interval

    def setup(self, segmentor) -> None:
        """Make the teacher; it gets its weights in the first step."""
        self.teacher = RampedMovingAverage(network(segmentor), self.alpha, self.ramp, self.interval)
        see_whole_images(self.teacher)

    def train(self, mode: bool = True) -> 'EMATeacher':
        """Set the mode; the teacher's dropout and drop path stay off."""
        super().train(mode)
        for module in self.modules():
            if isinstance(module, _DropoutNd) or type(module).__name__ in DROP_PATHS:
                module.eval()
        return self

    def prepare(self, segmentor, source: DomainOutput | None, target: DomainOutput) -> None:
        """Move the teacher, and label the target images."""
        self.teacher.update_parameters(network(segmentor))
        logits = self.teacher(target.inputs)
        logits = logits.to(torch.promote_types(logits.dtype, torch.float32))  # half precision is too coarse for 0.968
        logits = segmentor.upsample(logits, target.inputs.shape[2:])
        labels, weights, confident = pseudo_labels(logits, self.threshold, _valid(target))
        target.store[self.name] = dict(labels=labels, weights=weights, confident=confident)

    def loss(self, segmentor, source: DomainOutput | None, target: DomainOutput) -> dict[str, Tensor]:
        """Log the share of sure pixels."""
        return dict(confident=target.store[self.name]['confident'])


def _valid(target: DomainOutput) -> Tensor | None:
    """N,H,W, 0 where labels do not count; None where nothing says so."""
    if not target.samples or 'pseudo_valid' not in target.samples[0]:
        return None
    return torch.stack([sample.pseudo_valid.data for sample in target.samples]).squeeze(1)
