"""Normalise and stack the images of one or two domains."""

from mmseg.models import SegDataPreProcessor
from mmseg.registry import MODELS


@MODELS.register_module()
class UDADataPreprocessor(SegDataPreProcessor):
    """MMSeg's preprocessor for batches that hold a domain each; arguments are MMSeg's.

    A training batch of :class:`~mmseg_uda.datasets.DomainPairDataset` is
    ``dict(source=dict(inputs, data_samples), target=dict(inputs, data_samples))``, either domain may be absent and
    their image sizes may differ. It becomes ``dict(inputs=dict(source=N,3,H,W, target=N,3,h,w),
    data_samples=dict(...))``. Any other batch (test, inference) is MMSeg's own.
    """

    def forward(self, data: dict, training: bool = False) -> dict:
        """See MMSeg; domains are processed one by one."""
        domains = [domain for domain in ('source', 'target') if domain in data]
        if not domains:
            return super().forward(data, training)
        processed = {domain: super(UDADataPreprocessor, self).forward(data[domain], training) for domain in domains}
        return {key: {domain: processed[domain][key] for domain in domains} for key in ('inputs', 'data_samples')}
