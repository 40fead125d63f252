from .attention import attend, discriminator_attention
from .cycles import Cycles, find_cycles
from .domain_index import domain_index
from .nearest_labels import nearest_labels
from .self_attention import self_attend
from .self_information import self_information
from .soft_labels import lrent
from .source_dictionary import SourceDictionary
from .spatial_aggregation import aggregate_spatially

__all__ = [
    'Cycles',
    'SourceDictionary',
    'aggregate_spatially',
    'attend',
    'discriminator_attention',
    'domain_index',
    'find_cycles',
    'lrent',
    'nearest_labels',
    'self_attend',
    'self_information',
]
