"""Pipeline steps that MMSeg does not have."""

from .fourier import FourierStyleTransfer
from .mapped_annotations import LoadMappedAnnotations
from .packing import PackDomainInputs
from .pseudo_labels import LoadPseudoLabels

__all__ = ['FourierStyleTransfer', 'LoadMappedAnnotations', 'LoadPseudoLabels', 'PackDomainInputs']
