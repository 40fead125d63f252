"""Pipeline steps that MMSeg does not have."""

from .mapped_annotations import LoadMappedAnnotations
from .packing import PackDomainInputs
from .pseudo_labels import LoadPseudoLabels

__all__ = ['LoadMappedAnnotations', 'LoadPseudoLabels', 'PackDomainInputs']
