from .adaptations import *  # noqa: F403
from .backbones import *  # noqa: F403
from .data_preprocessor import UDADataPreprocessor
from .decode_heads import *  # noqa: F403
from .discriminators import *  # noqa: F403
from .domain_output import DomainOutput
from .necks import *  # noqa: F403
from .segmentors import LogitEnsemble, UDASegmentor

__all__ = ['DomainOutput', 'LogitEnsemble', 'UDADataPreprocessor', 'UDASegmentor']
