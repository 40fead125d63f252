"""Normalise and stack the images of one or two domains."""

from collections.abc import Sequence

from mmseg.models import SegDataPreProcessor
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample
from torch import Tensor
from torch.nn.functional import pad


@MODELS.register_module()
class UDADataPreprocessor(SegDataPreProcessor):
    """MMSeg's preprocessor for batches that hold a domain each; arguments are MMSeg's.

    A training batch of :class:`~mmseg_uda.datasets.DomainPairDataset` is
    ``dict(source=dict(inputs, data_samples), target=dict(inputs, data_samples))``, either domain may be absent and
    their image sizes may differ. It becomes ``dict(inputs=dict(source=N,3,H,W, target=N,3,h,w),
    data_samples=dict(...))``. Any other batch (test, inference) is MMSeg's own.

    Where images are padded to one size, labels are padded with ``seg_pad_val``, and what accompanies pseudo labels
    (their confidences, where they count) with 0.
    Without ``size`` and ``size_divisor`` images are padded to the largest of their batch.
    """

    def __init__(self, size: Sequence[int] | None = None, size_divisor: int | None = None, **kwargs) -> None:
        super().__init__(size=size, size_divisor=1 if size is size_divisor is None else size_divisor, **kwargs)

    def forward(self, data: dict, training: bool = False) -> dict:
        """See MMSeg; domains are processed one by one."""
        domains = [domain for domain in ('source', 'target') if domain in data]
        if not domains:
            return super().forward(data, training)
        processed = {domain: super(UDADataPreprocessor, self).forward(data[domain], training) for domain in domains}
        if training:
            for batch in processed.values():
                pad_with_zeros(batch['data_samples'], batch['inputs'])
        return {key: {domain: processed[domain][key] for domain in domains} for key in ('inputs', 'data_samples')}


def for_domains(cfg: dict | None) -> dict | None:
    """The preprocessor's config, of :class:`UDADataPreprocessor` where it is MMSeg's own."""
    if isinstance(cfg, dict) and cfg.get('type') in ('SegDataPreProcessor', 'mmseg.SegDataPreProcessor'):
        return dict(cfg, type='UDADataPreprocessor')
    return cfg


def pad_with_zeros(samples: list[SegDataSample], inputs: Tensor) -> None:
    """Pad the samples' ``pseudo_confidence`` and ``pseudo_valid``, if any, to the inputs' size, in place."""
    for sample in samples:
        for name in ('pseudo_confidence', 'pseudo_valid'):
            if name in sample:
                pixels = sample.get(name)
                values = pixels.data
                missing = (0, inputs.shape[3] - values.shape[2], 0, inputs.shape[2] - values.shape[1])
                # A PixelData keeps its size, as MMSeg knows too.
                del pixels.data
                pixels.data = pad(values, missing)
