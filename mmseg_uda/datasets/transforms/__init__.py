"""Pipeline steps that MMSeg does not have."""

from .blur import RandomGaussianBlur
from .fourier import FourierStyleTransfer
from .mapped_annotations import LoadMappedAnnotations
from .margins import MarkMargins
from .packing import PackDomainInputs
from .pseudo_labels import LoadPseudoLabels
from .scored_size import ScoreAtThisSize

__all__ = [
    'FourierStyleTransfer',
    'LoadMappedAnnotations',
    'LoadPseudoLabels',
    'MarkMargins',
    'PackDomainInputs',
    'RandomGaussianBlur',
    'ScoreAtThisSize',
]
