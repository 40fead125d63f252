"""Data sets, the pairing of domains and the transforms around them."""

from mmseg_uda.utils import quiet_import  # noqa: F401, before the modules below import MMSeg's

from .checked_dataset import CheckedSegDataset
from .cityscapes import CityscapesLabeledDataset
from .class_subsets import CITYSCAPES_19, CLASS_SUBSETS, SYNTHIA_13, SYNTHIA_16, resolve_classes
from .domain_pair import DomainPairDataset
from .folder import FolderDataset
from .gta import GTADataset
from .rare_class import RareClassDataset
from .samplers import DomainPairSampler
from .synthia import SYNTHIADataset
from .transforms import (
    FourierStyleTransfer,
    LoadMappedAnnotations,
    LoadPseudoLabels,
    MarkMargins,
    PackDomainInputs,
    RandomGaussianBlur,
    ScoreAtThisSize,
)
from .unlabeled import UnlabeledDataset

__all__ = [
    'CITYSCAPES_19',
    'CLASS_SUBSETS',
    'SYNTHIA_13',
    'SYNTHIA_16',
    'CheckedSegDataset',
    'CityscapesLabeledDataset',
    'DomainPairDataset',
    'DomainPairSampler',
    'FolderDataset',
    'FourierStyleTransfer',
    'GTADataset',
    'LoadMappedAnnotations',
    'LoadPseudoLabels',
    'MarkMargins',
    'PackDomainInputs',
    'RandomGaussianBlur',
    'RareClassDataset',
    'SYNTHIADataset',
    'ScoreAtThisSize',
    'UnlabeledDataset',
    'resolve_classes',
]
