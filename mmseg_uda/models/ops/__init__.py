from .attention import attend, discriminator_attention
from .block_mask import block_mask, draw_block_noise
from .class_mix import candidate_classes, choose_classes, class_mask, paste
from .confident_share import confident_share, pseudo_labels
from .cycles import Cycles, find_cycles
from .domain_index import domain_index
from .moving_average import RampedMovingAverage
from .nearest_labels import nearest_labels
from .self_attention import self_attend
from .self_information import self_information
from .soft_labels import lrent
from .source_dictionary import SourceDictionary
from .spatial_aggregation import aggregate_spatially
from .strong_augmentation import Draws, StrongAugmentation

__all__ = [
    'Cycles',
    'Draws',
    'RampedMovingAverage',
    'SourceDictionary',
    'StrongAugmentation',
    'aggregate_spatially',
    'attend',
    'block_mask',
    'candidate_classes',
    'choose_classes',
    'class_mask',
    'confident_share',
    'discriminator_attention',
    'domain_index',
    'draw_block_noise',
    'find_cycles',
    'lrent',
    'nearest_labels',
    'paste',
    'pseudo_labels',
    'self_attend',
    'self_information',
]
