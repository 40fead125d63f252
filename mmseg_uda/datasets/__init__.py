"""Data sets, the pairing of domains and the transforms around them."""

from mmseg_uda.utils import quiet_import  # noqa: F401, before the modules below import MMSeg's

from .acdc import ACDCDataset
from .checked_dataset import CheckedSegDataset
from .cityscapes import CityscapesLabeledDataset
from .class_subsets import CITYSCAPES_19, CLASS_SUBSETS, SYNTHIA_13, SYNTHIA_16, resolve_classes
from .concat import ConcatUnlabeledDataset
from .domain_pair import DomainPairDataset
from .folder import FolderDataset
from .gta import GTADataset
from .idd import IDDDataset
from .mapillary import MapillaryTrainIdDataset
from .rare_class import RareClassDataset
from .samplers import DomainPairSampler
from .synthia import SYNTHIADataset
from .train_ids import TrainIdDataset
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
    'ACDCDataset',
    'CheckedSegDataset',
    'CityscapesLabeledDataset',
    'ConcatUnlabeledDataset',
    'DomainPairDataset',
    'DomainPairSampler',
    'FolderDataset',
    'FourierStyleTransfer',
    'GTADataset',
    'IDDDataset',
    'LoadMappedAnnotations',
    'LoadPseudoLabels',
    'MapillaryTrainIdDataset',
    'MarkMargins',
    'PackDomainInputs',
    'RandomGaussianBlur',
    'RareClassDataset',
    'SYNTHIADataset',
    'ScoreAtThisSize',
    'TrainIdDataset',
    'UnlabeledDataset',
    'resolve_classes',
]
